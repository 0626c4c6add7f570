import { describe, expect, it } from '@jest/globals'
import { getPermissionGroup } from '../../sandbox/cloudflare/permission-groups.ts'
import { account_id, createStage, policy } from './stage.ts'

const kvWrite = getPermissionGroup('Workers KV Storage Write').id
const kvRead = getPermissionGroup('Workers KV Storage Read').id
const storeWrite = getPermissionGroup('Secrets Store Write').id

const namedGroupPolicy = {
  ...policy(kvRead),
  permission_groups: [{ id: kvRead, name: 'Workers KV Storage Read' }]
}

describe('account tokens', () => {
  it('creates, verifies, updates, rolls and deletes an account token through the SDK', async () => {
    const { account, sdk, clock } = createStage()
    const { tokens } = sdk(account.tokenCreation.value).accounts
    const created = await tokens.create({
      account_id,
      name: 'rotate/bootstrap/lock',
      policies: [policy(kvWrite, kvRead), policy(storeWrite)],
      expires_on: '2026-01-02T00:00:00Z'
    })
    const token_id = created.id ?? ''
    expect(created.value).toMatch(/^cfat_/)
    expect(created).toMatchObject({ status: 'active', issued_on: '2026-01-01T00:00:00Z' })

    const fresh = sdk(created.value ?? '').accounts.tokens
    expect(await fresh.verify({ account_id })).toEqual({
      id: token_id,
      status: 'active',
      expires_on: '2026-01-02T00:00:00Z'
    })

    clock.advance(5000)
    const updated = await tokens.update(token_id, { account_id, name: 'renamed', policies: [policy(kvRead)] })
    expect(updated).toMatchObject({ name: 'renamed', modified_on: '2026-01-01T00:00:05Z' })
    expect(updated.expires_on).toBeUndefined()

    const rolled = await tokens.value.update(token_id, { account_id })
    await expect(fresh.verify({ account_id })).rejects.toMatchObject({ status: 401 })
    expect(await sdk(rolled).accounts.tokens.verify({ account_id })).toMatchObject({ id: token_id })

    expect(await tokens.delete(token_id, { account_id })).toEqual({ id: token_id })
    await expect(sdk(rolled).accounts.tokens.verify({ account_id })).rejects.toMatchObject({ status: 401 })
    await expect(tokens.get(token_id, { account_id })).rejects.toMatchObject({ status: 404 })
  })

  it('returns the policies of a token with ids and in varying order, and never its value', async () => {
    const { account, sdk, call } = createStage()
    const { tokens } = sdk(account.tokenCreation.value).accounts
    const sent = [policy(storeWrite), policy(kvWrite, kvRead)]
    const created = await tokens.create({ account_id, name: 'x', policies: sent })
    const groupsOf = (policies: typeof created.policies = []) =>
      policies.map(({ permission_groups }) => permission_groups.map(({ id }) => id))
    const inOrder = (groups: string[][]) => groups.map((ids) => [...ids].sort().join()).sort()
    const orders = new Set<string>()
    for (let count = 0; count < 10; count += 1) {
      const { policies } = await tokens.get(created.id ?? '', { account_id })
      expect(inOrder(groupsOf(policies))).toEqual([[kvRead, kvWrite].sort().join(), storeWrite].sort())
      orders.add(JSON.stringify(groupsOf(policies)))
    }
    expect(orders.size).toBe(4)
    expect(created.policies?.every(({ id }) => /^[0-9a-f]{32}$/.test(id))).toBe(true)
    const read = await call(account.tokenCreation.value, `/tokens/${created.id}`)
    expect(JSON.stringify(read.body)).not.toContain('cfat_')
  })

  it.each([
    ['milliseconds in the expiry', { expires_on: '2026-01-02T00:00:00.000Z' }],
    ['an expiry in the past', { expires_on: '2025-12-31T00:00:00Z' }],
    ['a name of 121 characters', { name: 'x'.repeat(121) }],
    ['no policies', { policies: [] }],
    ['a policy with an id', { policies: [{ ...policy(kvRead), id: 'f'.repeat(32) }] }],
    ['an id', { id: 'f'.repeat(32) }],
    ['a permission group with its name', { policies: [namedGroupPolicy] }],
    ['an unknown permission group', { policies: [policy('f'.repeat(32))] }],
    [
      'resources of another account',
      { policies: [{ ...policy(kvRead), resources: { 'com.cloudflare.api.account.1': '*' } }] }
    ],
    ['an unknown key', { expires_at: '2026-01-02T00:00:00Z' }]
  ])('answers 400/1001 to a token creation with %s', async (_case, change) => {
    const { account, call } = createStage()
    const json = { name: 'x', policies: [policy(kvRead)], ...change }
    const { status, body } = await call(account.tokenCreation.value, '/tokens', { method: 'POST', json })
    expect([status, body.errors[0]?.code]).toEqual([400, 1001])
  })

  it('refuses a token beyond 500, and counts expired tokens only when that is set', async () => {
    const { account, sandbox, call, clock } = createStage()
    const { tokens } = sandbox.cloudflare
    for (let made = tokens.existing.length; made < 500; made += 1) {
      tokens.seed({ name: `token ${made}`, groups: ['Zone Read'], ttlMs: 60_000 })
    }
    const post = { method: 'POST', json: { name: 'x', policies: [policy(kvRead)] } }
    expect((await call(account.tokenCreation.value, '/tokens', post)).status).toBe(400)
    clock.advance(60_000)
    tokens.expiredCountTowardLimit = true
    expect((await call(account.tokenCreation.value, '/tokens', post)).status).toBe(400)
    tokens.expiredCountTowardLimit = false
    expect((await call(account.tokenCreation.value, '/tokens', post)).status).toBe(200)
  })

  it('lists account tokens in pages, and expired ones on request', async () => {
    const { account, sandbox, sdk, call, clock } = createStage()
    const { tokens } = sandbox.cloudflare
    for (let index = 0; index < 30; index += 1) {
      tokens.seed({ name: `token ${index}`, groups: ['Zone Read'], ttlMs: index === 0 ? 1000 : 60_000 })
    }
    clock.advance(1000)
    const list = async (include_expired: boolean) => {
      const names: string[] = []
      const pages = sdk(account.tokenCreation.value).accounts.tokens.list({ account_id, include_expired })
      for await (const token of pages) names.push(token.name ?? '')
      return names
    }
    expect(await list(false)).toHaveLength(32)
    expect(await list(true)).toHaveLength(33)
    const { body } = await call(account.tokenCreation.value, '/tokens?per_page=15&page=3&direction=asc')
    expect(body.result_info).toEqual({ page: 3, per_page: 15, count: 2, total_count: 32, total_pages: 3 })
    expect((await call(account.tokenCreation.value, '/tokens?per_page=1000')).status).toBe(400)
  })

  it('expires a token by the clock, and still returns it by id unless expiredReadable is false', async () => {
    const { account, sandbox, call, clock } = createStage()
    const token = sandbox.cloudflare.tokens.seed({ name: 'short', groups: ['Zone Read'], ttlMs: 1000 })
    clock.advance(1000)
    const verify = await call(token.value, '/tokens/verify')
    expect([verify.status, verify.body.errors[0]?.code]).toEqual([401, 1000])
    const read = await call(account.tokenCreation.value, `/tokens/${token.id}`)
    expect(read.body.result).toMatchObject({ status: 'expired' })
    sandbox.cloudflare.tokens.expiredReadable = false
    expect((await call(account.tokenCreation.value, `/tokens/${token.id}`)).status).toBe(404)
  })

  it('refuses a token before its not_before time and while it is disabled', async () => {
    const { account, call, clock } = createStage()
    const create = { name: 'x', policies: [policy(kvRead)], not_before: '2026-01-01T01:00:00Z' }
    const { body } = await call(account.tokenCreation.value, '/tokens', { method: 'POST', json: create })
    const { id, value } = body.result as { id: string; value: string }
    const verified = async () => (await call(value, '/tokens/verify')).status
    expect(await verified()).toBe(401)
    clock.advance(3_600_000)
    expect(await verified()).toBe(200)
    const put = (status: string) => ({ method: 'PUT', json: { ...create, status } })
    await call(account.tokenCreation.value, `/tokens/${id}`, put('disabled'))
    expect(await verified()).toBe(401)
    await call(account.tokenCreation.value, `/tokens/${id}`, put('active'))
    expect(await verified()).toBe(200)
  })

  it('refuses a new token until it has propagated', async () => {
    const { account, sandbox, call, clock } = createStage()
    sandbox.cloudflare.tokens.propagationMs = 3000
    const post = { method: 'POST', json: { name: 'x', policies: [policy(kvRead)] } }
    const { body } = await call(account.tokenCreation.value, '/tokens', post)
    const { value } = body.result as { value: string }
    expect((await call(value, '/tokens/verify')).status).toBe(401)
    clock.advance(3000)
    expect((await call(value, '/tokens/verify')).status).toBe(200)
  })

  it('records when a token was last used', async () => {
    const { account, sdk, call, clock } = createStage()
    const read = () =>
      sdk(account.tokenCreation.value).accounts.tokens.get(account.secretEdit.id, { account_id })
    expect((await read()).last_used_on).toBeUndefined()
    clock.advance(2000)
    await call(account.secretEdit.value, '/secrets_store/stores')
    expect((await read()).last_used_on).toBe('2026-01-01T00:00:02Z')
  })

  it('returns a message with code 10000 from a successful verify', async () => {
    const { account, call } = createStage()
    const { body } = await call(account.tokenCreation.value, '/tokens/verify')
    expect(body).toMatchObject({ success: true, errors: [], messages: [{ code: 10000 }] })
  })

  it.each(['request_ip', 'request.ip'] as const)(
    'accepts the client IP filter in both spellings, returns it as %s, and keeps unknown keys',
    async (spelling) => {
      const { account, sandbox, call } = createStage()
      sandbox.cloudflare.tokens.conditionSpelling = spelling
      const filter = { in: ['192.0.2.0/24'], not_in: ['192.0.2.1'] }
      for (const sent of ['request_ip', 'request.ip']) {
        const condition = { [sent]: filter, 'request.country': { in: ['AQ'] } }
        const post = { method: 'POST', json: { name: 'x', policies: [policy(kvRead)], condition } }
        const { body } = await call(account.tokenCreation.value, '/tokens', post)
        const { id, value } = body.result as { id: string; value: string }
        const read = await call(account.tokenCreation.value, `/tokens/${id}`)
        expect((read.body.result as { condition: unknown }).condition).toEqual({
          [spelling]: filter,
          'request.country': { in: ['AQ'] }
        })
        expect((await call(value, '/tokens/verify')).status).toBe(403)
      }
    }
  )

  it('refuses a token beyond the limit that the account was given', async () => {
    const { account, sandbox, call } = createStage()
    const { tokens } = sandbox.cloudflare
    tokens.limit = 620
    for (let made = tokens.existing.length; made < 619; made += 1)
      tokens.seed({ name: `token ${made}`, groups: ['Zone Read'] })
    const post = { method: 'POST', json: { name: 'x', policies: [policy(kvRead)] } }
    expect((await call(account.tokenCreation.value, '/tokens', post)).status).toBe(200)
    expect((await call(account.tokenCreation.value, '/tokens', post)).status).toBe(400)
  })
})
