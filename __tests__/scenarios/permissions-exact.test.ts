import { describe, expect, it } from '@jest/globals'
import { getPermissionGroup } from '../../sandbox/cloudflare/permission-groups.ts'
import { configure, type Keys } from '../../simulation/configurations.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { expectNothingWritten, expectRotated, failureOf, rotationOf } from './expectations.ts'
import { createScenario, type Scenario } from './scenario.ts'
import { slotsNow } from './state.ts'

const EDIT_SECRETS = { groups: ['Secrets Store Write'] } as const

/** A configuration that states the permissions of the token that edits secrets. */
function stating(...permissions: readonly Keys[]): string {
  return configure(BOOTSTRAP, { credentials: { 'secret-edit': { permissions } } })
}

function newToken(world: Scenario) {
  const value = slotsNow(world)[0]!['PRIMARY_SECRET_EDIT_TOKEN']!
  return world.sandbox.cloudflare.tokens.findByValue(value)!
}

const FILTER = { in: ['203.0.113.0/24', '2001:db8::/32'], not_in: ['203.0.113.7/32'] }

describe('the client IP filter of a token', () => {
  it.each(['request_ip', 'request.ip'] as const)(
    'copies the client IP filter spelled %s to the successor',
    async (spelling) => {
      const world = createScenario()
      world.sandbox.cloudflare.tokens.conditionSpelling = spelling
      world.account.secretEdit.condition = { [spelling]: FILTER }
      world.sandbox.cloudflare.callerIp = '203.0.113.9'
      expectRotated(world, await world.run())
      const { condition } = newToken(world)
      expect(condition?.request_ip ?? condition?.['request.ip']).toEqual(FILTER)
    }
  )

  it('keeps the client IP filter when permissions are stated', async () => {
    const world = createScenario()
    world.account.secretEdit.condition = { request_ip: FILTER }
    world.sandbox.cloudflare.callerIp = '203.0.113.9'
    expectRotated(world, await world.run({ configuration: stating(EDIT_SECRETS) }))
    expect(newToken(world).condition).toEqual({ request_ip: FILTER })
  })

  it.each([
    ['a condition that is not known', { request_country: { in: ['DE'] } }, 'request_country'],
    ['a part of it that is not known', { request_ip: { ...FILTER, asn: [64496] } }, 'request_ip.asn']
  ])(
    'refuses to copy a client IP filter in part before anything is created: %s',
    async (_what, condition, key) => {
      const world = createScenario()
      world.account.secretEdit.condition = condition
      world.sandbox.cloudflare.callerIp = '203.0.113.9'
      const run = await world.run()
      expectNothingWritten(world, run)
      expect(failureOf(run).message).toContain(key)
      const planned = await world.run({ command: 'plan' })
      expect(rotationOf(planned).plan!.obstacles.join()).toContain(key)
    }
  )
})

describe('the name of a permission group that exists twice', () => {
  const account = 'com.cloudflare.api.account'
  const zone = 'com.cloudflare.api.account.zone'
  const name = 'Access: Apps and Policies Read'
  const groups = [name]

  it.each([
    ['the whole account', {}, account],
    ['one zone', { resources: { [`${zone}.023e105f4ecef8ad9ca31a8372d0c353`]: '*' } }, zone],
    [
      'all zones of the account',
      { resources: { [`${account}.023e105f4ecef8ad9ca31a8372d0c353`]: { [`${zone}.*`]: '*' } } },
      zone
    ]
  ] as const)(
    'resolves the name of a permission group that exists twice by the resources: %s',
    async (_what, resources, scope) => {
      const world = createScenario()
      const configuration = stating(EDIT_SECRETS, { groups, ...resources })
      expectRotated(world, await world.run({ configuration }))
      const ids = newToken(world).policies.flatMap((policy) => policy.permission_groups.map(({ id }) => id))
      expect(ids).toContain(getPermissionGroup(name, scope).id)
    }
  )

  it('refuses a permission group that exists twice, with both ids, where the resources do not decide', async () => {
    const world = createScenario()
    const id = '023e105f4ecef8ad9ca31a8372d0c353'
    const configuration = stating({
      groups,
      resources: { [`${account}.${id}`]: '*', [`${zone}.${id}`]: '*' }
    })
    const run = await world.run({ configuration })
    expectNothingWritten(world, run)
    for (const scope of [account, zone] as const)
      expect(failureOf(run).message).toContain(getPermissionGroup(name, scope).id)
  })

  it('refuses a permission group that exists for another scope only', async () => {
    const world = createScenario()
    const run = await world.run({ configuration: stating({ groups: ['DNS Write'] }) })
    expectNothingWritten(world, run)
    expect(failureOf(run).message).toContain('does not apply to the resources')
  })
})

it('names in plan and check the stated permission that the creating token cannot grant', async () => {
  const world = createScenario()
  world.sandbox.cloudflare.tokens.unselectable.add(getPermissionGroup('Workers KV Storage Write').id)
  const configuration = stating({ groups: ['Secrets Store Write', 'Workers KV Storage Write'] })
  const planned = await world.run({ configuration, command: 'plan' })
  expect(rotationOf(planned).warnings.join()).toContain('cannot grant Workers KV Storage Write')
  const checked = await world.run({ configuration, command: 'check' })
  expect(checked.record.findings.map(({ message }) => message).join()).toContain(
    'cannot grant Workers KV Storage Write'
  )
})
