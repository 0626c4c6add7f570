import { describe, expect, it } from '@jest/globals'
import { getPermissionGroup } from '../../sandbox/cloudflare/permission-groups.ts'
import { CALLS } from '../../simulation/calls.ts'
import { SINGLE_TOKEN } from '../../simulation/configurations.ts'
import { HOUR } from '../../simulation/times.ts'
import { expectPrimaryUntouched, expectRolledBack, expectRotated, failureOf } from './expectations.ts'
import { createScenario, type Scenario } from './scenario.ts'
import { slotsNow } from './state.ts'

function newTokenOf(world: Scenario, name: string) {
  return world.sandbox.cloudflare.tokens.findByValue(slotsNow(world)[0]![`PRIMARY_${name}`]!)!
}

describe('token that inherits permissions', () => {
  it('copies the client IP condition to the new token', async () => {
    const world = createScenario()
    const condition = { request_ip: { in: ['203.0.113.0/24'], not_in: ['203.0.113.99/32'] } }
    world.account.secretEdit.condition = condition
    expectRotated(world, await world.run())
    expect(newTokenOf(world, 'SECRET_EDIT_TOKEN').condition).toEqual(condition)
    expect(newTokenOf(world, 'TOKEN_CREATION_TOKEN').condition).toBeUndefined()
  })

  it('copies the attributes of permission groups to the new token, and keeps those of the old one', async () => {
    const world = createScenario({ configuration: SINGLE_TOKEN })
    world.account.run.status = 'completed'
    const meta = { key: 'scope', value: 'narrow' }
    const { secretEdit } = world.account
    for (const group of secretEdit.policies.flatMap(({ permission_groups }) => permission_groups))
      Object.assign(group, { meta })
    const attributes = ({ policies }: typeof secretEdit) =>
      policies.flatMap(({ permission_groups }) => permission_groups.map((group) => group.meta))
    expectRotated(world, await world.run())
    expect(secretEdit.disabled).toBe(true)
    for (const token of [secretEdit, newTokenOf(world, 'SECRET_EDIT_TOKEN')])
      expect(new Set(attributes(token))).toEqual(new Set([meta]))
  })

  it('copies every policy to the new token, in whatever order the API returns them', async () => {
    const world = createScenario()
    const { tokens, accountId } = world.sandbox.cloudflare
    const groups = (...names: string[]) => names.map((name) => ({ id: getPermissionGroup(name).id }))
    const account = `com.cloudflare.api.account.${accountId}`
    tokens.replace(world.account.secretEdit.id, {
      name: world.account.secretEdit.name,
      policies: [
        {
          effect: 'allow',
          permission_groups: groups('Secrets Store Write', 'D1 Read', 'Workers Scripts Write'),
          resources: { [account]: '*' }
        },
        {
          effect: 'allow',
          permission_groups: groups('Zone Read', 'DNS Write'),
          resources: {
            'com.cloudflare.api.account.zone.*': '*',
            'com.cloudflare.api.account.zone.eb78d65290b24279ba6f44721b3ea3c4': '*'
          }
        },
        { effect: 'deny', permission_groups: groups('D1 Write'), resources: { [account]: '*' } }
      ]
    })
    const grants = (policies: typeof world.account.secretEdit.policies) =>
      policies
        .map(({ effect, permission_groups, resources }) => [
          effect,
          permission_groups.map(({ id }) => id).sort(),
          resources
        ])
        .map((one) => JSON.stringify(one))
        .sort()
    const wanted = grants(world.account.secretEdit.policies)

    for (let rotation = 0; rotation < 2; rotation++) {
      expectRotated(world, await world.run())
      expect(grants(newTokenOf(world, 'SECRET_EDIT_TOKEN').policies)).toEqual(wanted)
      world.clock.advance(HOUR)
    }
  })

  it('rejects a new token when Cloudflare silently left out a permission', async () => {
    const world = createScenario()
    const before = slotsNow(world)
    world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'after' || call.operation !== CALLS.createToken) return
      for (const token of world.sandbox.cloudflare.tokens.existing) {
        if (token.name.startsWith('rotate/4b147bce/bootstrap/token-creation/'))
          token.policies[0]!.permission_groups.splice(1)
      }
    })
    const run = await world.run()
    expectRolledBack(world, run)
    expectPrimaryUntouched(
      world,
      before.map((slots) => ({ ...slots }))
    )
    expect(failureOf(run).code).toBe('not-verified')
    expect(failureOf(run).message).toContain('1 grants are missing')
  })

  it('rejects a new token when Cloudflare left out its client IP condition', async () => {
    const world = createScenario()
    world.account.secretEdit.condition = { request_ip: { in: ['203.0.113.0/24'] } }
    world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'after' || call.operation !== CALLS.createToken) return
      for (const token of world.sandbox.cloudflare.tokens.existing)
        if (token.name.startsWith('rotate/')) token.condition = undefined
    })
    const run = await world.run()
    expectRolledBack(world, run)
    expect(failureOf(run).message).toContain('client IP')
  })
})
