import { describe, expect, it } from '@jest/globals'
import { sortRules, type RuleSet } from '../../sandbox/cloudflare/access-rules.ts'
import type { PolicyBody } from '../../sandbox/cloudflare/access-policies.ts'
import { createAccessStage, refusalOf } from './access-stage.ts'
import { account_id } from './stage.ts'

const include = [{ email: { email: 'octocat@example.com' } }]
const minimal = { name: 'p', decision: 'allow' as const, include }

const full: PolicyBody = {
  ...minimal,
  exclude: [{ geo: { country_code: 'AQ' } }, { ip: { ip: '198.51.100.0/24' } }],
  require: [{ email_domain: { domain: 'example.com' } }],
  approval_groups: [{ approvals_needed: 1, email_addresses: ['boss@example.com'] }],
  approval_required: true,
  connection_rules: { rdp: { allowed_clipboard_local_to_remote_formats: ['text'] } },
  isolation_required: false,
  mfa_config: { allowed_authenticators: ['totp'], mfa_disabled: false, session_duration: '24h' },
  purpose_justification_prompt: 'Why?',
  purpose_justification_required: true,
  session_duration: '30m'
}

const comparable = (answer: unknown): unknown => {
  const { revision, ...body } = answer as RuleSet & { revision: number }
  expect(revision).toBeGreaterThan(0)
  return sortRules(body)
}

describe('reusable Access policies', () => {
  it('keeps every writable field of a reusable policy, and clears those that a PUT omits', async () => {
    const { access } = createAccessStage()
    const created = await access.policies.create({ account_id, ...full })
    const id = created.id ?? ''
    const read = await access.policies.get(id, { account_id })
    expect(comparable(read)).toMatchObject(
      sortRules({ ...full, reusable: true, app_count: 0, created_at: '2026-01-01T00:00:00Z' })
    )
    const updated = await access.policies.update(id, { account_id, ...full, name: 'q' })
    expect(comparable(updated)).toEqual({ ...(comparable(read) as object), name: 'q' })
    const bare = await access.policies.update(id, { account_id, ...minimal })
    expect(Object.keys(bare).sort()).toEqual([
      ...['account_id', 'app_count', 'created_at', 'decision', 'exclude', 'id', 'include', 'name'],
      ...['require', 'reusable', 'revision', 'uid', 'updated_at']
    ])
    expect(bare).toMatchObject({ ...minimal, exclude: [], require: [] })
  })

  it('returns the rules of a reusable policy in another order from answer to answer', async () => {
    const { send, access } = createAccessStage()
    const many = Array.from({ length: 6 }, (_, index) => ({ ip: { ip: `198.51.100.${index}` } }))
    const { id = '' } = await access.policies.create({ account_id, ...minimal, include: many, require: many })
    const orders = new Set<string>()
    for (let count = 0; count < 5; count += 1) {
      for (const init of [{}, { method: 'PUT', json: { ...minimal, include: many } }]) {
        const { body } = await send(`/policies/${id}`, init)
        const { include } = body.result as RuleSet
        expect(sortRules({ include }).include).toEqual(many)
        orders.add(JSON.stringify(include))
      }
    }
    expect(orders.size).toBeGreaterThan(5)
  })

  it('lists reusable policies in pages, without those of single applications', async () => {
    const { access, send, sandbox } = createAccessStage()
    for (const name of ['a', 'b', 'c']) await access.policies.create({ account_id, ...minimal, name })
    const names = []
    for await (const { name } of access.policies.list({ account_id, per_page: 2 })) names.push(name)
    expect(names.sort()).toEqual(['Automation', 'a', 'b', 'c'])
    sandbox.cloudflare.access.pageSizeCap = 3
    const { body } = await send('/policies?per_page=50')
    expect(body.result_info).toEqual({ page: 1, per_page: 3, count: 3, total_count: 4, total_pages: 2 })
  })

  it.each([
    { name: 'p', decision: 'allow' },
    { name: 'p', include },
    { decision: 'allow', include },
    { ...minimal, include: [] },
    { ...minimal, decision: 'maybe' },
    { ...minimal, precedence: 1 },
    { ...minimal, id: 'x' },
    { ...minimal, created_at: '2026-01-01T00:00:00Z' },
    { ...minimal, reusable: true },
    { ...minimal, revision: 1 },
    { ...minimal, app_count: 1 },
    { ...minimal, include: [{ unknown_rule: {} }] },
    { ...minimal, include: [{ ...include[0], everyone: {} }] },
    { ...minimal, include: [{ service_token: { id: 'x' } }] },
    { ...minimal, exclude: [{ service_token: { token_id: 'unknown' } }] },
    { ...minimal, session_duration: 'long' }
  ])('refuses to write a reusable policy as %j', async (json) => {
    const { send, automation } = createAccessStage()
    const { reusablePolicy: policy } = automation
    const before = policy.body.current
    const put = await send(`/policies/${policy.id}`, { method: 'PUT', json })
    expect(refusalOf(put)).toEqual([400, 12130])
    expect(policy.body.current).toBe(before)
  })

  it('ignores unknown and read-only fields of a policy when dropsUnknownFields is set', async () => {
    const { send, sandbox, automation } = createAccessStage()
    sandbox.cloudflare.access.dropsUnknownFields = true
    const json = { ...minimal, id: 'other', reusable: false, created_at: 'then', colour: 'red' }
    const { body } = await send(`/policies/${automation.reusablePolicy.id}`, { method: 'PUT', json })
    expect(body.result).toMatchObject({ id: automation.reusablePolicy.id, reusable: true, app_count: 1 })
    expect(body.result).not.toHaveProperty('colour')
  })

  it('refuses a policy that names an unknown group with 400/11020', async () => {
    const { send } = createAccessStage()
    const json = { ...minimal, include: [{ group: { id: 'unknown' } }] }
    expect(refusalOf(await send('/policies', { method: 'POST', json }))).toEqual([400, 11020])
  })
})

describe('Access applications', () => {
  it('lists applications in pages, and returns each with its policies', async () => {
    const { access, sandbox, automation } = createAccessStage()
    sandbox.cloudflare.access.applications.add({ name: 'Other', slug: 'other', domain: 'other.example.test' })
    const names = []
    for await (const { name } of access.applications.list({ account_id, per_page: 1 })) names.push(name)
    expect(names.sort()).toEqual(['Other', 'R2 Explorer'])
    const { application, appPolicy, reusablePolicy } = automation
    expect(await access.applications.get(application.id, { account_id })).toMatchObject({
      id: application.id,
      type: 'self_hosted',
      domain: 'share.example.test',
      service_auth_401_redirect: false,
      policies: expect.arrayContaining([
        expect.objectContaining({ id: appPolicy.id, precedence: 1, reusable: false }),
        expect.objectContaining({ id: reusablePolicy.id, precedence: 2, reusable: true })
      ]) as unknown
    })
    const policies = []
    for await (const { id } of access.applications.policies.list(application.id, { account_id }))
      policies.push(id)
    expect(policies.sort()).toEqual([appPolicy.id, reusablePolicy.id].sort())
  })

  it('writes the own policies of an application with their precedence', async () => {
    const { access, automation, send } = createAccessStage()
    const { application, appPolicy, reusablePolicy } = automation
    const target = `/apps/${application.id}/policies/${appPolicy.id}`
    const { body } = await send(target, { method: 'PUT', json: { ...full, precedence: 1 } })
    expect(comparable(body.result)).toMatchObject(sortRules({ ...full, precedence: 1, reusable: false }))
    const read = await access.applications.policies.get(appPolicy.id, { account_id, app_id: application.id })
    expect(comparable(read)).toEqual(comparable(body.result))
    expect(refusalOf(await send(target, { method: 'PUT', json: { ...full, precedence: 2 } }))).toEqual([
      400, 12130
    ])
    await send(target, { method: 'PUT', json: full })
    expect(application.policies.map(({ policy }) => policy)).toEqual([reusablePolicy, appPolicy])
    const json = { ...minimal, precedence: 1 }
    await send(`/apps/${application.id}/policies`, { method: 'POST', json })
    expect(application.policies.map(({ policy }) => policy.body.current.name)).toEqual([
      'p',
      'Automation',
      'p'
    ])
  })

  it('returns a reusable policy through its application, and refuses to write it there with 400/12130', async () => {
    const { send, automation } = createAccessStage()
    const { application, reusablePolicy, appPolicy } = automation
    const target = `/apps/${application.id}/policies/${reusablePolicy.id}`
    expect((await send(target)).status).toBe(200)
    expect(refusalOf(await send(target, { method: 'PUT', json: minimal }))).toEqual([400, 12130])
    expect((await send(`/policies/${appPolicy.id}`, { method: 'PUT', json: minimal })).status).toBe(404)
    expect((await send(`/apps/${application.id}/policies/unknown`)).status).toBe(404)
    expect((await send('/apps/unknown/policies')).status).toBe(404)
  })
})

describe('Access groups', () => {
  it('keeps every writable field of a group, and clears those that a PUT omits', async () => {
    const { access, send } = createAccessStage()
    const { body } = await send('/groups', {
      method: 'POST',
      json: { name: 'g', include, require: [{ everyone: {} }], is_default: true }
    })
    const { id } = body.result as { id: string }
    expect(body.result).toMatchObject({
      name: 'g',
      include,
      exclude: [],
      require: [{ everyone: {} }],
      is_default: true
    })
    const updated = await access.groups.update(id, { account_id, name: 'h', include })
    expect(updated).toMatchObject({ name: 'h', include, exclude: [], require: [] })
    expect(updated).not.toHaveProperty('is_default')
    const read = await access.groups.get(id, { account_id })
    expect(read).toEqual(updated)
    expect(refusalOf(await send(`/groups/${id}`, { method: 'PUT', json: read }))).toEqual([400, 12130])
    const names = []
    for await (const { name } of access.groups.list({ account_id, per_page: 1 })) names.push(name)
    expect(names.sort()).toEqual(['Machines', 'h'])
    expect(refusalOf(await send('/groups/unknown'))[0]).toBe(404)
  })
})

describe('Access permissions', () => {
  it.each([
    ['/policies', 'Access: Apps and Policies'],
    ['/apps', 'Access: Apps and Policies'],
    ['/groups', 'Access: Organizations, Identity Providers, and Groups'],
    ['/service_tokens', 'Access: Service Tokens']
  ])('accepts calls of %s only with the permission %s', async (target, area) => {
    const { sandbox, call, automation } = createAccessStage()
    const others = [
      ...['Access: Apps and Policies Write', 'Access: Service Tokens Write'],
      'Access: Organizations, Identity Providers, and Groups Write'
    ].filter((name) => !name.startsWith(area))
    const { tokens } = sandbox.cloudflare
    const reader = tokens.seed({ name: 'reader', groups: [`${area} Read`] })
    const stranger = tokens.seed({ name: 'stranger', groups: others })
    const write = target === '/apps' ? `/apps/${automation.application.id}/policies` : target
    const json = target === '/policies' || target === '/apps' ? minimal : { name: 'x', include }
    const post = { method: 'POST', json: target === '/service_tokens' ? { name: 'x' } : json }
    expect((await call(reader.value, `/access${target}`)).status).toBe(200)
    expect(refusalOf(await call(reader.value, `/access${write}`, post))).toEqual([403, 10000])
    expect(refusalOf(await call(stranger.value, `/access${target}`))).toEqual([403, 10000])
    expect((await call(automation.apiToken.value, `/access${write}`, post)).status).toBe(200)
  })
})
