import { describe, expect, it } from '@jest/globals'
import { isCall } from '../../simulation/calls.ts'
import { configure, SINGLE_TOKEN } from '../../simulation/configurations.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { HOUR, LEASE, SECOND } from '../../simulation/times.ts'
import { rotationOf } from './expectations.ts'
import { bootstrapPair, createRotatedScenario, type Scenario } from './scenario.ts'
import { addSlotsToken, createLateCoordinator, seenBy } from './seen-by-coordinator.ts'

async function createScenarioOf(base?: string): Promise<Scenario> {
  return await createRotatedScenario({
    ...bootstrapPair,
    ...(base === undefined ? {} : { configuration: base }),
    prepare: (world) => {
      addSlotsToken(world)
      world.account.run.status = 'completed'
    }
  })
}

/** Seconds from the first write to the store until the first deletion. */
function waitOf({ sandbox }: Scenario): number {
  const { calls } = sandbox.transcript
  const written = calls.find(isCall('editStored'))
  const deleted = calls.find(isCall('deleteToken'))
  return Math.round(((deleted?.startedAt ?? Infinity) - (written?.startedAt ?? 0)) / SECOND)
}

describe('Worker that sees values late', () => {
  it.each([30, 200])('makes the run wait %i seconds, and revoke only then', async (lag) => {
    const world = await createScenarioOf(SINGLE_TOKEN)
    const run = await world.run({
      configuration: seenBy(SINGLE_TOKEN),
      coordinator: createLateCoordinator(world, lag)
    })
    expect(run.record.outcome).toBe('rotated')
    expect(rotationOf(run).credentials.flatMap(({ revoked }) => revoked)).toHaveLength(1)
    expect(waitOf(world)).toBeGreaterThanOrEqual(lag)
    expect(run.log.filter((line) => line.includes('Waiting for consumers to see'))).toHaveLength(
      Math.ceil(lag / 15) - 1
    )
    expect(run.log).toContainEqual(
      expect.stringContaining('Waiting for consumers to see PRIMARY_SECRET_EDIT_TOKEN: 15s so far.')
    )
  })

  it('makes the run wait for both slots', async () => {
    const world = await createScenarioOf()
    const run = await world.run({
      configuration: seenBy(),
      coordinator: createLateCoordinator(world, 60)
    })
    expect(run.record.outcome).toBe('rotated')
    expect(rotationOf(run).credentials.flatMap(({ revoked }) => revoked)).toHaveLength(2)
    expect(waitOf(world)).toBeGreaterThanOrEqual(60)
  })

  it('keeps what it replaced when the values are not seen in time, and a later run revokes it', async () => {
    const world = await createScenarioOf(SINGLE_TOKEN)
    const configuration = seenBy(SINGLE_TOKEN)
    const late = await world.run({ configuration, coordinator: createLateCoordinator(world, 2 * 3600) })
    expect(rotationOf(late).credentials.flatMap(({ revoked }) => revoked)).toEqual([])
    expect(rotationOf(late).credentials.flatMap(({ kept }) => kept)).toMatchObject([
      { reason: expect.stringContaining('is not seen by the coordinator yet after 4m') as unknown }
    ])
    world.clock.advance(HOUR)
    const next = await world.run({ configuration, coordinator: createLateCoordinator(world, 0) })
    expect(rotationOf(next).credentials.flatMap(({ revoked }) => revoked)).toHaveLength(2)
  })

  it('makes a run that is not due keep what a killed one replaced, until the value is seen', async () => {
    const world = await createScenarioOf(SINGLE_TOKEN)
    const configuration = seenBy(configure(SINGLE_TOKEN, { rotation: { every: '30m' } }))
    const coordinator = createLateCoordinator(world, 900)
    const restart = crashDuring(world, { at: isCall('editStored'), when: 'after' })
    await world.run({ configuration, coordinator })
    restart()
    world.clock.advance(LEASE)
    const early = await world.run({ configuration, coordinator })
    expect(early.record.outcome).toBe('not-due')
    expect(rotationOf(early).credentials.flatMap(({ kept }) => kept)).toMatchObject([
      { reason: expect.stringContaining('may not see the value of PRIMARY_SECRET_EDIT_TOKEN') as unknown }
    ])
    world.clock.advance(2 * LEASE)
    const late = await world.run({ configuration, coordinator })
    expect(rotationOf(late).credentials.flatMap(({ revoked }) => revoked)).toHaveLength(1)
  })

  it('makes an undo wait until no consumer can come to see the new value any more', async () => {
    const world = await createScenarioOf(SINGLE_TOKEN)
    const restore = world.sandbox.faults.add({
      match: { api: 'github', method: 'PUT' },
      when: 'before',
      answer: { status: 403, body: { message: 'Resource not accessible by integration' } }
    })
    const { record } = await world.run({
      configuration: seenBy(SINGLE_TOKEN),
      coordinator: createLateCoordinator(world, 200)
    })
    restore()
    expect(record.outcome).toBe('rolled-back')
    expect(waitOf(world)).toBeGreaterThanOrEqual(240)
  })
})
