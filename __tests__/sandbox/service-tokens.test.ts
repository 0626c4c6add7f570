import { describe, expect, it } from '@jest/globals'
import { createAccessStage, refusalOf } from './access-stage.ts'
import { account_id } from './stage.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('Access service tokens', () => {
  it('returns the client secret once, and sets an expiry of one year by default', async () => {
    const { access, sandbox } = createAccessStage()
    const created = await access.serviceTokens.create({ account_id, name: 'new' })
    expect(created).toMatchObject({
      id: expect.stringMatching(uuid) as unknown,
      client_id: expect.stringMatching(/^[0-9a-f]{32}\.access$/) as unknown,
      client_secret: expect.stringMatching(/^cfast_/) as unknown,
      name: 'new',
      duration: '8760h',
      enabled: true,
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:00:00Z'
    })
    const read = await access.serviceTokens.get(created.id ?? '', { account_id })
    expect(read).not.toHaveProperty('client_secret')
    expect(read).toMatchObject({ expires_at: '2027-01-01T00:00:00Z' })
    expect(
      sandbox.cloudflare.access.serviceTokens.works(created.client_id ?? '', created.client_secret ?? '')
    ).toBe(true)
  })

  it.each([
    ['2h45m', '2026-01-01T02:45:00Z'],
    ['forever', undefined]
  ])('accepts a service token with the duration %s', async (duration, expires_at) => {
    const { access } = createAccessStage()
    const { id = '' } = await access.serviceTokens.create({ account_id, name: 'new', duration })
    const read = await access.serviceTokens.get(id, { account_id })
    expect((read as { expires_at?: string }).expires_at).toBe(expires_at)
  })

  it.each([
    { name: '' },
    {},
    { name: 'x', duration: '1 year' },
    { name: 'x', duration: '30d' },
    { name: 'x', duration: '0s' },
    { name: 'x', id: 'mine' },
    { name: 'x', enabled: 'yes' }
  ])('refuses to create a service token from %j', async (json) => {
    const { send } = createAccessStage()
    expect(refusalOf(await send('/service_tokens', { method: 'POST', json }))).toEqual([400, 12130])
  })

  it('lists service tokens by name and in pages', async () => {
    const { access, send } = createAccessStage()
    for (const name of ['a', 'ab', 'b']) await access.serviceTokens.create({ account_id, name })
    const list = async (query: string) => {
      const { body } = await send(`/service_tokens?${query}`)
      return [
        (body.result as { name: string }[]).map(({ name }) => name).sort(),
        body.result_info?.['total_count']
      ]
    }
    expect(await list('name=a')).toEqual([['a'], 1])
    expect(await list('search=A')).toEqual([['a', 'ab'], 2])
    expect(await list('page=2&per_page=3')).toEqual([[expect.any(String)], 4])
    const all = []
    for await (const { name } of access.serviceTokens.list({ account_id, per_page: 2 })) all.push(name)
    expect(all.sort()).toEqual(['a', 'ab', 'b', 'r2-explorer'])
  })

  it('keeps the fields of a service token that an update omits', async () => {
    const { access, automation, clock } = createAccessStage()
    clock.advance(3_600_000)
    const id = automation.serviceToken.id
    expect(await access.serviceTokens.update(id, { account_id, name: 'renamed' })).toMatchObject({
      name: 'renamed',
      duration: '8760h',
      expires_at: '2027-01-01T00:00:00Z',
      updated_at: '2026-01-01T01:00:00Z'
    })
    expect(await access.serviceTokens.update(id, { account_id, duration: '1h' })).toMatchObject({
      name: 'renamed',
      expires_at: '2026-01-01T02:00:00Z'
    })
    expect(await access.serviceTokens.refresh(id, { account_id })).toMatchObject({
      expires_at: '2027-01-01T01:00:00Z'
    })
  })

  it('returns expires_at from a creation or rotation at random, or as includesExpiry is set', async () => {
    const { access, automation, sandbox } = createAccessStage()
    const { id } = automation.serviceToken
    const hasExpiry = new Set<boolean>()
    for (let count = 0; count < 20; count += 1) hasExpiry.add('expires_at' in (await rotate()))
    expect(hasExpiry).toEqual(new Set([true, false]))
    for (const includesExpiry of [true, false]) {
      sandbox.cloudflare.access.serviceTokens.includesExpiry = includesExpiry
      expect('expires_at' in (await rotate())).toBe(includesExpiry)
      const created = await access.serviceTokens.create({ account_id, name: 'x' })
      expect('expires_at' in created).toBe(includesExpiry)
    }

    function rotate() {
      return access.serviceTokens.rotate(id, { account_id })
    }
  })

  it('restarts the duration of a service token with every update that contains it', async () => {
    const { access, automation, clock } = createAccessStage()
    const { id } = automation.serviceToken
    clock.advance(3_600_000)
    const update = { account_id, name: 'renamed', duration: '8760h' }
    expect(await access.serviceTokens.update(id, update)).toMatchObject({
      expires_at: '2027-01-01T01:00:00Z'
    })
  })

  it('expires a service token at its time', async () => {
    const { access, sandbox, clock } = createAccessStage()
    const { client_id = '', client_secret = '' } = await access.serviceTokens.create({
      account_id,
      name: 'short',
      duration: '1h'
    })
    const { serviceTokens } = sandbox.cloudflare.access
    clock.advance(3_599_999)
    expect(serviceTokens.works(client_id, client_secret)).toBe(true)
    clock.advance(1)
    expect(serviceTokens.classify(client_id, client_secret)).toEqual({ works: false, reason: 'expired' })
  })

  it('disables and re-enables a service token with both of its secrets', async () => {
    const { access, automation, sandbox, clock } = createAccessStage()
    const { id, clientId } = automation.serviceToken
    const grace = new Date(clock.now() + 60_000).toISOString()
    const { client_secret = '' } = await access.serviceTokens.rotate(id, {
      account_id,
      previous_client_secret_expires_at: grace
    })
    const { serviceTokens } = sandbox.cloudflare.access
    const works = () =>
      [automation.clientSecret, client_secret].map((secret) => serviceTokens.works(clientId, secret))
    expect(works()).toEqual([true, true])
    expect(await access.serviceTokens.update(id, { account_id, enabled: false })).toMatchObject({
      enabled: false
    })
    expect(works()).toEqual([false, false])
    await access.serviceTokens.update(id, { account_id, enabled: true })
    expect(works()).toEqual([true, true])
  })

  it('answers 404/12135 to every call for a deleted service token', async () => {
    const { access, send } = createAccessStage()
    const { id = '' } = await access.serviceTokens.create({ account_id, name: 'new' })
    expect(await access.serviceTokens.delete(id, { account_id })).toMatchObject({ id, name: 'new' })
    for (const [method, target] of [
      ['GET', ''],
      ['PUT', ''],
      ['DELETE', ''],
      ['POST', '/rotate'],
      ['POST', '/refresh']
    ] as const) {
      const init = method === 'PUT' ? { method, json: {} } : { method }
      expect(refusalOf(await send(`/service_tokens/${id}${target}`, init))).toEqual([404, 12135])
    }
  })

  it.each(['application policy', 'reusable policy', 'group'] as const)(
    'refuses to delete a service token while the %s names it in any list',
    async (holder) => {
      const { send, sandbox, automation } = createAccessStage()
      const { access } = sandbox.cloudflare
      for (const place of ['include', 'exclude', 'require'] as const) {
        const { id } = access.serviceTokens.create({ name: 'named' })
        const rule = { service_token: { token_id: id } }
        const rules = { include: [{ everyone: {} }], [place]: [rule] }
        const body = { name: 'x', decision: 'non_identity' as const, ...rules }
        if (holder === 'group') access.groups.create({ name: 'x', ...rules })
        if (holder === 'reusable policy') access.policies.create(body, { reusable: true })
        if (holder === 'application policy') access.applications.addPolicy(automation.application, body)
        const { status, body: refused } = await send(`/service_tokens/${id}`, { method: 'DELETE' })
        expect([status, refused.errors[0]]).toEqual([
          400,
          { code: 12139, message: 'access.api.error.service_token_in_use' }
        ])
        expect(access.serviceTokens.exists(id)).toBe(true)
      }
    }
  )

  it('refuses a service token beyond the limit of the account', async () => {
    const { access, send, sandbox } = createAccessStage()
    sandbox.cloudflare.access.serviceTokens.limit = 2
    const { id = '' } = await access.serviceTokens.create({ account_id, name: 'second' })
    const post = () => send('/service_tokens', { method: 'POST', json: { name: 'third' } })
    expect((await post()).status).toBe(400)
    await access.serviceTokens.delete(id, { account_id })
    expect((await post()).status).toBe(200)
  })

  it('requires the service token permission to read and to write service tokens', async () => {
    const { call, sandbox, account } = createAccessStage()
    const { tokens } = sandbox.cloudflare
    const reader = tokens.seed({ name: 'reader', groups: ['Access: Service Tokens Read'] })
    const editor = tokens.seed({ name: 'editor', groups: ['Access: Apps and Policies Write'] })
    const status = async (value: string, init: object = {}) =>
      refusalOf(await call(value, '/access/service_tokens', init))
    const post = { method: 'POST', json: { name: 'x' } }
    expect(await status(reader.value)).toEqual([200, undefined])
    expect(await status(reader.value, post)).toEqual([403, 10000])
    expect(await status(editor.value)).toEqual([403, 10000])
    expect(await status(account.apiToken.value)).toEqual([403, 10000])
  })

  it('keeps client secrets out of the transcript', async () => {
    const { access, automation, sandbox } = createAccessStage()
    const { client_secret = '' } = await access.serviceTokens.rotate(automation.serviceToken.id, {
      account_id
    })
    const text = JSON.stringify(sandbox.transcript.calls)
    expect(text).toContain('/rotate')
    expect(text).not.toContain(client_secret)
    expect(text).not.toContain(automation.clientSecret)
  })
})
