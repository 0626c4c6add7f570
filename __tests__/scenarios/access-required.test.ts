import { describe, expect, it } from '@jest/globals'
import { ACCESS_CALLS } from '../../simulation/calls.ts'
import { IN_PLACE } from '../../simulation/configurations.ts'
import { automationOf, type World } from '../../simulation/world.ts'
import { expectAsBefore, expectReplaced, primaryPair, snapshot, tokenOf } from './access-expectations.ts'
import { createAccessScenario } from './access-scenario.ts'
import { failureOf } from './expectations.ts'

const everyone = { everyone: {} }

function tokenRule(world: World) {
  return { service_token: { token_id: tokenOf(world, primaryPair(world)).id } }
}

function addPolicy(world: World, lists: object) {
  const { access } = world.sandbox.cloudflare
  return access.policies.create(
    { name: 'Strict', decision: 'non_identity', include: [everyone], ...lists } as never,
    { reusable: true }
  )
}

/** What a run changed at Access. */
function accessWrites(world: World) {
  return world.sandbox.transcript.calls.filter(
    ({ method, operation, applied }) =>
      applied && method !== 'GET' && operation?.includes('/access/') === true
  )
}

describe('a rule that requires the old service token', () => {
  it.each([
    ['a policy', (world: World) => void addPolicy(world, { require: [tokenRule(world)] })],
    [
      'a group',
      (world: World) =>
        void world.sandbox.cloudflare.access.groups.create({
          name: 'Strict',
          include: [everyone],
          require: [tokenRule(world)]
        })
    ]
  ])('in %s is found before anything is created, and refused with the ways out', async (_where, add) => {
    const world = createAccessScenario()
    add(world)
    const before = snapshot(world)
    world.sandbox.transcript.clear()
    const run = await world.run()
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run).code).toBe('access-policy')
    expect(failureOf(run).message).toContain('"Strict"')
    expect(failureOf(run).hint).toContain('strategy: rotate')
    expectAsBefore(world, before)
    expect(accessWrites(world)).toEqual([])
  })

  it('is named by plan as what stands in the way', async () => {
    const world = createAccessScenario()
    addPolicy(world, { require: [tokenRule(world)] })
    const { record } = await world.run({ command: 'plan' })
    expect(record.rotations[0]!.plan!.obstacles.join()).toContain('`require`')
  })

  it('is no obstacle for a rotation that keeps the client id', async () => {
    const world = createAccessScenario({ configuration: IN_PLACE })
    addPolicy(world, { require: [tokenRule(world)] })
    expect((await world.run()).record.outcome).toBe('rotated')
  })
})

it('a group that is required is edited like any other', async () => {
  const world = createAccessScenario()
  const { group } = automationOf(world)
  addPolicy(world, { require: [{ group: { id: group.id } }] })
  expectReplaced(world, await world.run())
  const { include } = group.body.current as { include: readonly object[] }
  expect(include).toEqual([tokenRule(world)])
  expect(world.sandbox.transcript.calls.map(({ operation }) => operation)).toContain(ACCESS_CALLS.editGroup)
})
