import { describe, expect, it } from '@jest/globals'
import { getPermissionGroup } from '../../sandbox/cloudflare/permission-groups.ts'
import { CALLS } from '../../simulation/calls.ts'
import { configure } from '../../simulation/configurations.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { expectSlotsWork, rotationOf } from './expectations.ts'
import { createRotatedScenario, type Scenario } from './scenario.ts'
import { slotsNow } from './state.ts'

function primaryOf(world: Scenario, name: string) {
  return world.sandbox.cloudflare.tokens.findByValue(slotsNow(world)[1]![`PRIMARY_${name}`]!)!
}

const REFUSALS: readonly (readonly [string, (world: Scenario, name: string) => void])[] = [
  ['401', (world, name) => world.sandbox.cloudflare.tokens.delete(primaryOf(world, name).id)],
  [
    '403 with code 9109',
    (world, name) => {
      world.sandbox.cloudflare.invalidTokenAnswer = 'unauthorized'
      world.sandbox.cloudflare.tokens.delete(primaryOf(world, name).id)
    }
  ]
]

describe.each(REFUSALS)('PRIMARY refused with %s', (_status, refuse) => {
  it.each([
    ['tokens', 'TOKEN_CREATION_TOKEN'],
    ['secrets', 'SECRET_EDIT_TOKEN']
  ])('uses SECONDARY for auth.%s when PRIMARY is refused, and reports it', async (role, name) => {
    const world = await createRotatedScenario()
    refuse(world, name)
    const run = await world.run()
    expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
      outcome: 'rotated',
      error: null
    })
    expectSlotsWork(world)
    expect(run.log.join('\n')).toContain(`$PRIMARY_${name} was refused for auth.${role}`)
  })
})

it('uses SECONDARY for the lock when PRIMARY lacks the permission (403 with code 10000)', async () => {
  const world = await createRotatedScenario()
  const weak = world.sandbox.cloudflare.tokens.seed({ name: 'weak', groups: ['Workers KV Storage Read'] })
  const configuration = configure(BOOTSTRAP, {
    top: { auth: { lock: ['WEAK_TOKEN', 'CLOUDFLARE_API_TOKEN'] } }
  })
  const run = await world.run({ configuration, env: { ...world.environment(), WEAK_TOKEN: weak.value } })
  expect(run.record.outcome).toBe('rotated')
  expect(run.log.join('\n')).toContain('$WEAK_TOKEN was refused for auth.lock')
  expect(world.account.namespace.keys).toEqual([])
})

it('uses SECONDARY for the creation when PRIMARY may read API tokens but not create them', async () => {
  const world = await createRotatedScenario()
  const primary = primaryOf(world, 'TOKEN_CREATION_TOKEN')
  const read = getPermissionGroup('Account API Tokens Read')
  primary.policies = primary.policies.map((policy) => ({
    ...policy,
    permission_groups: [{ id: read.id, name: read.name }]
  }))
  const run = await world.run()
  expect(run.log.join('\n')).toContain('$PRIMARY_TOKEN_CREATION_TOKEN was refused for auth.tokens')
  expect(run.record.outcome).toBe('rotated')
})

describe('answer that does not refuse a token', () => {
  it.each([
    ['a block page', { page: 'block' }],
    ["a proxy's 401", { page: 'proxy-401' }],
    ['an empty 403', { page: 'empty-403' }]
  ] as const)('uses no other token after %s', async (_what, answer) => {
    const world = await createRotatedScenario()
    for (const operation of [CALLS.listTokens, CALLS.listStore])
      world.sandbox.faults.add({ match: { operation }, when: 'before', answer })
    const run = await world.run({ force: true })
    expect(run.record.outcome).toBe('rotated')
    expect(run.log.join('\n')).not.toContain('was refused for auth')
    expectSlotsWork(world)
  })
})

it('uses SECONDARY when the value of PRIMARY does not have the form of a token', async () => {
  const world = await createRotatedScenario()
  const env = { ...world.environment(), PRIMARY_TOKEN_CREATION_TOKEN: 'this!is!not!a!token!at!all' }
  const run = await world.run({ env, command: 'plan' })
  expect(run.log.join('\n')).toMatch(/\$PRIMARY_TOKEN_CREATION_TOKEN was refused for auth\.tokens: .*6003/)
})
