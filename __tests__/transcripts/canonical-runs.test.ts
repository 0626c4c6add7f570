import { expect, it } from '@jest/globals'
import { DAY, HOUR } from '../../simulation/times.ts'
import { SINGLE_TOKEN } from '../../simulation/configurations.ts'
import { addDeployment, GATED } from '../../simulation/gates.ts'
import {
  ACCESS,
  createWorld,
  type RunOptions,
  type World,
  type WorldOptions
} from '../../simulation/world.ts'
import { CALLS } from '../../simulation/calls.ts'
import { LATENCY_MS, renderTranscript } from './transcript.ts'

/** Answers the outcome and the calls of a run. */
async function play(world: World, options: RunOptions = {}): Promise<string> {
  world.sandbox.latencyMs = LATENCY_MS
  world.sandbox.transcript.clear()
  const { record } = await world.run(options)
  return `${record.outcome}\n\n${renderTranscript(world)}`
}

/** A world whose rotations went well so many times. */
async function createWorldAfter(
  rotations: number,
  { prepare, ...options }: WorldOptions & RunOptions & { readonly prepare?: (world: World) => void } = {}
): Promise<World> {
  const world = createWorld(options)
  prepare?.(world)
  // A run that was queued before a rotation may hold what it replaces.
  world.account.run.status = 'completed'
  for (let done = 0; done < rotations; done++) {
    expect((await world.run(options)).record.outcome).toBe('rotated')
    world.clock.advance(HOUR)
  }
  return world
}

it('shows every call of the first rotation, which adopts tokens that were made by hand', async () => {
  expect(await play(await createWorldAfter(0))).toMatchSnapshot()
})

it('shows every call of a later rotation, which revokes what falls out of SECONDARY', async () => {
  expect(await play(await createWorldAfter(2))).toMatchSnapshot()
})

it('shows every call of a rotation with one slot, which revokes the replaced token in the same run', async () => {
  const options = { configuration: SINGLE_TOKEN }
  expect(await play(await createWorldAfter(2, options), options)).toMatchSnapshot()
})

it('shows every call of a rotation with a rollout gate: last write, confirmation, start of the workflow, its end, first deletion', async () => {
  const options = { configuration: GATED, startsWorkflows: true }
  const world = await createWorldAfter(1, { ...options, prepare: addDeployment })
  expect(await play(world, options)).toMatchSnapshot()
})

it('shows every call of a rotation of an Access service token', async () => {
  const options = { configuration: ACCESS, access: true }
  const world = await createWorldAfter(1, options)
  world.clock.advance(31 * DAY)
  expect(await play(world, options)).toMatchSnapshot()
})

it('shows every call of the command contain, which revokes everything older', async () => {
  expect(await play(await createWorldAfter(2), { command: 'contain' })).toMatchSnapshot()
})

it('shows every call of a rotation that is undone because a destination refuses PRIMARY', async () => {
  const world = await createWorldAfter(2)
  world.sandbox.faults.add({
    match: { operation: CALLS.putSecret, path: '/PRIMARY_SECRET_EDIT_TOKEN' },
    when: 'before',
    answer: { status: 422 }
  })
  expect(await play(world)).toMatchSnapshot()
})
