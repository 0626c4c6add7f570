import { describe, expect, it } from '@jest/globals'
import { getPermissionGroup } from '../../sandbox/cloudflare/permission-groups.ts'
import { configure } from '../../simulation/configurations.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { expectNothingWritten, expectRotated, failureOf } from './expectations.ts'
import { createScenario, type Scenario } from './scenario.ts'
import { slotsNow } from './state.ts'

const kv = getPermissionGroup('Workers KV Storage Write')

function stating(...groups: readonly string[]): string {
  return configure(BOOTSTRAP, { credentials: { 'secret-edit': { permissions: [{ groups }] } } })
}

function groupsOfNew(world: Scenario): readonly string[] {
  const value = slotsNow(world)[0]!['PRIMARY_SECRET_EDIT_TOKEN']!
  const { policies } = world.sandbox.cloudflare.tokens.findByValue(value)!
  return policies.flatMap((policy) => policy.permission_groups.map(({ name }) => name ?? '')).sort()
}

describe('stated permissions', () => {
  it.each([
    ['by name', ['Secrets Store Write', kv.name]],
    ['by id', [getPermissionGroup('Secrets Store Write').id, kv.id]],
    ['by name and by id', ['Secrets Store Write', kv.id]]
  ])('gives the new token the stated permissions (%s), whatever the old one had', async (_how, groups) => {
    const world = createScenario()
    expectRotated(world, await world.run({ configuration: stating(...groups) }))
    expect(groupsOfNew(world)).toEqual(['Secrets Store Write', 'Workers KV Storage Write'])
  })

  it('fails before anything is written when a stated name is not a permission group', async () => {
    const world = createScenario()
    const run = await world.run({ configuration: stating('Secrets Store Wirte') })
    expectNothingWritten(world, run)
    expect(failureOf(run).message).toContain('"Secrets Store Wirte"')
  })
})
