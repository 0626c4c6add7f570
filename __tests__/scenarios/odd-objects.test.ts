import { describe, expect, it } from '@jest/globals'
import { CALLS } from '../../simulation/calls.ts'
import { expectRotated, failureOf } from './expectations.ts'
import { accessService, createRotatedScenario, createScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

describe("an object of another owner, which has another form than Cloudflare's documentation", () => {
  it.each([
    ['no status', { status: null }],
    ['an unknown status', { status: 'revoked/leaked' }],
    ['no name', { name: null }],
    ['a number as the time of its last use', { last_used_on: 0 }],
    ['no policies', { policies: null }],
    ['a policy without resources', { policies: [{ effect: 'allow', permission_groups: [] }] }],
    ['a condition that is a text', { condition: 'noon' }]
  ])('does not stop the rotation of an account token (%s)', async (_what, oddity) => {
    const world = await createRotatedScenario()
    const { tokens, oddities } = world.sandbox.cloudflare
    oddities.set(tokens.seed({ name: 'foreign', groups: ['Workers KV Storage Write'] }).id, oddity)
    expectRotated(world, await world.run())
  })

  it.each([
    ['service token', { client_id: null, name: null, expires_at: 0 }],
    ['policy', { name: null, include: null }],
    ['group', { name: null, require: null }],
    ['application', { name: null }]
  ])('does not stop the rotation of a service token (%s)', async (what, oddity) => {
    const world = createScenario(accessService)
    const { access, oddities } = world.sandbox.cloudflare
    const include = [{ everyone: {} }]
    const make = {
      'service token': () => access.serviceTokens.create({ name: 'foreign' }),
      policy: () =>
        access.policies.create({ name: 'foreign', decision: 'allow', include }, { reusable: true }),
      group: () => access.groups.create({ name: 'foreign', include }),
      application: () =>
        access.applications.add({ name: 'foreign', slug: 'foreign', domain: 'f.example.test' })
    }
    oddities.set(make[what as keyof typeof make]().id, oddity)
    expectRotated(world, await world.run())
  })

  it('is named where its rules cannot be read, since they may name the service token', async () => {
    const world = createScenario(accessService)
    const { access, oddities } = world.sandbox.cloudflare
    const body = { name: 'foreign', decision: 'allow' as const, include: [{ everyone: {} }] }
    const { id } = access.policies.create(body, { reusable: true })
    oddities.set(id, { include: 'everyone' })
    const run = await world.run()
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run).message).toContain(`listing Access rules (${id}) has an unexpected form (include)`)
  })
})

it('creates nothing for a token whose own policies cannot be read, and names it', async () => {
  const world = await createRotatedScenario()
  const { tokens, oddities } = world.sandbox.cloudflare
  const { id } = tokens.findByValue(slotsNow(world)[0]!['PRIMARY_SECRET_EDIT_TOKEN']!)!
  oddities.set(id, { policies: [{ effect: 'allow', permission_groups: [] }] })
  const run = await world.run()
  expect(run.record.outcome).toBe('failed')
  expect(failureOf(run).message).toContain(
    `permissions of the API token ${id} has an unexpected form (policies.0.resources)`
  )
  expect(world.sandbox.transcript.calls.filter(({ operation }) => operation === CALLS.createToken)).toEqual(
    []
  )
})
