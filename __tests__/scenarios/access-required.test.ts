import { describe, expect, it } from '@jest/globals'
import { ACCESS_CALLS } from '../../simulation/calls.ts'
import { IN_PLACE } from '../../simulation/configurations.ts'
import { automationOf } from '../../simulation/world.ts'
import { expectAsBefore, expectRotated, failureOf } from './expectations.ts'
import { accessService, createScenario, type Scenario } from './scenario.ts'
import { primaryPair, snapshot, tokenOf } from './state.ts'

const everyone = { everyone: {} }

function tokenRule(world: Scenario) {
  return { service_token: { token_id: tokenOf(world, primaryPair(world)).id } }
}

function addPolicy(world: Scenario, lists: object) {
  const { access } = world.sandbox.cloudflare
  return access.policies.create(
    { name: 'Strict', decision: 'non_identity', include: [everyone], ...lists } as never,
    { reusable: true }
  )
}

/** What a run changed at Access. */
function accessWrites(world: Scenario) {
  return world.sandbox.transcript.calls.filter(
    ({ method, operation, applied }) =>
      applied && method !== 'GET' && operation?.includes('/access/') === true
  )
}

describe('a rule that requires the old service token', () => {
  it.each([
    ['a policy', (world: Scenario) => void addPolicy(world, { require: [tokenRule(world)] })],
    [
      'a group',
      (world: Scenario) =>
        void world.sandbox.cloudflare.access.groups.create({
          name: 'Strict',
          include: [everyone],
          require: [tokenRule(world)]
        })
    ]
  ])(
    'refuses the rotation before it creates anything when %s requires the old service token, and says what to do',
    async (_where, add) => {
      const world = createScenario(accessService)
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
    }
  )

  it('names the rule that requires the old service token in a plan', async () => {
    const world = createScenario(accessService)
    addPolicy(world, { require: [tokenRule(world)] })
    const { record } = await world.run({ command: 'plan' })
    expect(record.rotations[0]!.plan!.obstacles.join()).toContain('`require`')
  })

  it('rotates in place although a rule requires the service token', async () => {
    const world = createScenario({ ...accessService, configuration: IN_PLACE })
    addPolicy(world, { require: [tokenRule(world)] })
    expect((await world.run()).record.outcome).toBe('rotated')
  })
})

it('edits a group that is required like any other', async () => {
  const world = createScenario(accessService)
  const { group } = automationOf(world)
  addPolicy(world, { require: [{ group: { id: group.id } }] })
  expectRotated(world, await world.run())
  const { include } = group.body.current as { include: readonly object[] }
  expect(include).toEqual([tokenRule(world)])
  expect(world.sandbox.transcript.calls.map(({ operation }) => operation)).toContain(ACCESS_CALLS.editGroup)
})
