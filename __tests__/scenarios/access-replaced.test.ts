import { describe, expect, it } from '@jest/globals'
import { isAccessCall } from '../../simulation/calls.ts'
import type { World } from '../../simulation/world.ts'
import { automationOf } from '../../simulation/world.ts'
import { credentialOf, expectRotated, rotationOf } from './expectations.ts'
import { accessService, createScenario } from './scenario.ts'
import { primaryPair, rulesInOrder, rulesNow, tokenOf } from './state.ts'

/** Rules in every list and of every kind, with everything in their bodies that can be written, more than fit on a page. */
function addManyRules(world: World): void {
  const { access } = world.sandbox.cloudflare
  const { serviceToken, application } = automationOf(world)
  const named = { service_token: { token_id: serviceToken.id } }
  const other = { service_token: { token_id: access.serviceTokens.create({ name: 'of another owner' }).id } }
  const people = { email_domain: { domain: 'example.test' } }
  access.policies.create(
    {
      name: 'Kept out',
      decision: 'allow',
      include: [people],
      exclude: [{ ip: { ip: '192.0.2.0/24' } }, named, other],
      require: [{ geo: { country_code: 'DE' } }],
      approval_required: true,
      approval_groups: [{ approvals_needed: 1, email_addresses: ['boss@example.test'] }],
      purpose_justification_required: true,
      purpose_justification_prompt: 'Why?',
      session_duration: null
    },
    { reusable: true }
  )
  access.policies.create(
    { name: 'Anybody’s machine', decision: 'non_identity', include: [{ any_valid_service_token: {} }] },
    { reusable: true }
  )
  access.groups.create({
    name: 'Required',
    include: [named, { everyone: {} }],
    require: [other],
    is_default: false
  })
  access.groups.create({ name: 'Others', include: [other] })
  const second = access.applications.add({ name: 'Second', slug: 'second', domain: 'second.example.test' })
  access.applications.addPolicy(second, {
    name: 'People',
    decision: 'allow',
    include: [people],
    precedence: 3
  })
  access.applications.addPolicy(second, {
    name: 'Machines of the second',
    decision: 'non_identity',
    include: [other, named, people],
    precedence: 7,
    isolation_required: false
  })
  access.applications.addPolicy(application, {
    name: 'Any',
    decision: 'non_identity',
    include: [{ any_valid_service_token: {} }]
  })
  access.pageSizeCap = 2
}

describe('pair that is due', () => {
  it('admits, confirms and promotes the new pair, then disables the old one, confirms its revocation, removes and deletes it', async () => {
    const world = createScenario(accessService)
    const { serviceToken: old, clientSecret } = automationOf(world)
    const run = await world.run()

    expectRotated(world, run)
    const fresh = tokenOf(world, primaryPair(world))
    expect(fresh.id).not.toBe(old.id)
    expect(primaryPair(world).clientSecret).not.toBe(clientSecret)
    expect(old.enabled.current).toBe(false)
    expect(old.deletedAt).toBeDefined()
    expect(fresh.duration).toBe('8760h')
  })

  it('admits the new pair before it writes its secrets, and removes the old one only after the confirmation', async () => {
    const world = createScenario(accessService)
    const { serviceToken: old } = automationOf(world)
    const { access } = world.sandbox.cloudflare
    const seen: string[] = []
    world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'before') return
      const names = (id: string) => access.rulesNaming(id).length
      const fresh = access.serviceTokens.existing.at(-1)
      if (isAccessCall('putSecret')(call)) seen.push(`promote ${names(old.id)} ${names(fresh!.id)}`)
      if (isAccessCall('deleteToken')(call)) seen.push(`delete ${names(old.id)} ${names(fresh!.id)}`)
      // Before the promotion the old one only gets a name of ours.
      if (isAccessCall('updateToken')(call) && seen.length > 0)
        seen.push(`disable ${names(old.id)} ${names(fresh!.id)}`)
    })
    await world.run()
    expect(seen).toEqual(['promote 3 3', 'promote 3 3', 'disable 3 3', 'delete 0 3'])
  })

  it('exchanges the id, and nothing else, in every list of every rule set, over all pages and applications', async () => {
    const world = createScenario(accessService)
    addManyRules(world)
    const { access } = world.sandbox.cloudflare
    const { serviceToken: old } = automationOf(world)
    const before = rulesNow(world)
    const precedences = access.applications.all.map(({ policies }) => policies.map((link) => link.precedence))
    expect(access.rulesNaming(old.id)).toEqual([
      'R2 Explorer automation',
      'Automation',
      'Kept out',
      'Machines of the second',
      'Machines',
      'Required'
    ])
    const run = await world.run()

    expect(run.record.outcome).toBe('rotated')
    expect(rulesNow(world)).toBe(
      rulesInOrder(before.replaceAll(old.id, tokenOf(world, primaryPair(world)).id))
    )
    expect(access.applications.all.map(({ policies }) => policies.map((link) => link.precedence))).toEqual(
      precedences
    )
    const edited = world.sandbox.transcript.calls.filter(
      ({ method, path }) => method === 'PUT' && /\/(policies|groups)\//.test(path)
    )
    expect(edited).toHaveLength(2 * 6)
  })

  it('exchanges the id in every rule set over pages that are shorter than requested and tell no total', async () => {
    const world = createScenario(accessService)
    addManyRules(world)
    const { cloudflare } = world.sandbox
    cloudflare.showsTotals = false
    const { serviceToken: old } = automationOf(world)
    const named = cloudflare.access.rulesNaming(old.id)
    const run = await world.run()

    expectRotated(world, run)
    expect(cloudflare.access.rulesNaming(tokenOf(world, primaryPair(world)).id)).toEqual(named)
    expect(cloudflare.access.rulesNaming(old.id)).toEqual([])
  })

  it('edits no rule when any valid service token is admitted', async () => {
    const world = createScenario(accessService)
    const { access } = world.sandbox.cloudflare
    const { appPolicy, reusablePolicy, group } = automationOf(world)
    const include = [{ any_valid_service_token: {} }]
    access.policies.replace(appPolicy, { ...appPolicy.body.current, include })
    access.policies.replace(reusablePolicy, { ...reusablePolicy.body.current, include })
    access.groups.replace(group, { ...group.body.current, include: [{ everyone: {} }] })
    const before = rulesNow(world)
    expectRotated(world, await world.run())
    expect(rulesNow(world)).toBe(before)
    expect(
      world.sandbox.transcript.calls.filter(
        ({ method, path }) => method === 'PUT' && /\/(policies|groups)\//.test(path)
      )
    ).toEqual([])
  })
})

describe('record of a replacement', () => {
  it('records the actor and the reason, what was revoked and when, and the result of every probe', async () => {
    const world = createScenario(accessService)
    const { serviceToken: old } = automationOf(world)
    const run = await world.run({ reason: 'handoff' })
    const fresh = tokenOf(world, primaryPair(world))

    expect(run.record.run).toMatchObject({ actor: 'octocat', triggeringActor: 'octocat', reason: 'handoff' })
    const { probes, revoked, kept, ...credential } = credentialOf(run)
    expect(credential).toMatchObject({ old: { id: old.id }, new: { id: fresh.id, name: fresh.name } })
    expect(revoked).toEqual([
      {
        id: old.id,
        reason: 'replaced',
        at: expect.stringMatching(/^2026-01-01T00:00:\d\dZ$/) as unknown,
        livedSeconds: expect.any(Number) as unknown
      }
    ])
    expect(kept).toEqual([])
    expect(probes.map(({ of, label, verdict }) => `${of} ${label.slice(0, 27)} ${verdict}`)).toEqual([
      'new http: GET ${R2_EXPLORER_BAS passed',
      'new run: r2 share worker create passed',
      'new run: r2 share worker list f passed',
      'new-after http: GET ${R2_EXPLORER_BAS passed',
      'old http: GET ${R2_EXPLORER_BAS forbidden'
    ])
    expect(probes.map(({ detail }) => detail.split(':')[0])).toEqual([
      '200',
      'exit code 0',
      'exit code 0',
      '200',
      '403'
    ])
    expect(rotationOf(run).nextDue).toBe('2026-01-31T00:00:00Z')
    expect(credential.slots.primary).toMatchObject({ id: fresh.id, state: 'working' })
  })
})
