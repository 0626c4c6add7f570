import { describe, expect, it } from '@jest/globals'
import type { ServiceFailure } from '../../sandbox/cloudflare/access-applications.ts'
import { createAccessStage } from './access-stage.ts'
import { account_id } from './stage.ts'

describe('protected service', () => {
  it('returns the identity of a valid service token, and records when it was seen', async () => {
    const { visit, pair, automation, clock, access } = createAccessStage()
    clock.advance(5000)
    const response = await visit(pair)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      type: 'service',
      subject: pair.clientId,
      client_id: pair.clientId,
      aud: automation.application.aud,
      scopes: ['shares:read', 'shares:write'],
      expires_at: '2026-01-02T00:00:05Z'
    })
    const { id } = automation.serviceToken
    const seen = { last_seen_at: '2026-01-01T00:00:05Z' }
    expect(await access.serviceTokens.get(id, { account_id })).toMatchObject(seen)
  })

  it('does not record a wrong secret as a use, and hides uses when showsLastSeen is false', async () => {
    const { visit, pair, automation, access, sandbox } = createAccessStage()
    const read = () => access.serviceTokens.get(automation.serviceToken.id, { account_id })
    await visit({ ...pair, clientSecret: 'wrong' })
    expect(await read()).not.toHaveProperty('last_seen_at')
    await visit(pair)
    expect(await read()).toHaveProperty('last_seen_at')
    sandbox.cloudflare.access.serviceTokens.includesLastSeen = false
    expect(await read()).not.toHaveProperty('last_seen_at')
  })

  it('creates, lists, deletes and expires shares', async () => {
    const { visit, pair, clock } = createAccessStage()
    const create = (json: unknown) =>
      visit(pair, {
        path: '/api/v2/shares',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(json)
      })
    const list = async (path: string) => {
      const response = await visit(pair, {
        path: `/api/v2/shares?bucket=files&path=${encodeURIComponent(path)}`
      })
      return ((await response.json()) as { shares: { id: string }[] }).shares.map(({ id }) => id)
    }
    const json = { bucket: 'files', path: 'a/b.txt', expires_in: 3600, max_downloads: 1 }
    const created = await create(json)
    const share = (await created.json()) as { id: string }
    expect([created.status, share]).toEqual([
      201,
      expect.objectContaining({ bucket: 'files', max_downloads: 1, expires_at: '2026-01-01T01:00:00Z' })
    ])
    await create({ ...json, path: 'c' })
    expect(await list('a/b.txt')).toEqual([share.id])
    const remove = () => visit(pair, { path: `/api/v2/shares/${share.id}`, method: 'DELETE' })
    expect([(await remove()).status, (await remove()).status]).toEqual([204, 404])
    expect(await list('c')).toHaveLength(1)
    clock.advance(3_600_000)
    expect(await list('c')).toEqual([])
    const refused = [{ ...json, bucket: 'other' }, { ...json, expires_in: 0 }, { bucket: 'files' }]
    const statuses = await Promise.all(refused.map(async (body) => (await create(body)).status))
    expect(statuses).toEqual([404, 400, 400])
  })

  it('returns each failure that is set on the application', async () => {
    const { visit, pair, automation } = createAccessStage()
    const expected: Record<ServiceFailure, [number, string]> = {
      access_required: [401, '{"error":"access_required"}'],
      token_invalid_signature: [401, '{"error":"token_invalid_signature"}'],
      token_claim_mismatch: [401, '{"error":"token_claim_mismatch"}'],
      insufficient_scope: [403, '{"error":"insufficient_scope"}'],
      'server-error': [500, '{"error":"internal_error"}'],
      'edge-block': [403, 'error code: 1010'],
      'block-page': [403, 'Sorry, you have been blocked'],
      'timed-out': [522, '522: Connection timed out'],
      'redirect-login': [302, '']
    }
    for (const [failure, [status, text]] of Object.entries(expected)) {
      automation.application.failure = failure as ServiceFailure
      const response = await visit(pair)
      expect([failure, response.status]).toEqual([failure, status])
      expect(await response.text()).toContain(text)
    }
    automation.application.failure = (clientId) =>
      clientId === pair.clientId ? 'access_required' : undefined
    expect([(await visit(pair)).status, (await visit()).status]).toEqual([401, 403])
    automation.application.failure = undefined
    expect((await visit(pair)).status).toBe(200)
  })
})

describe('calls of the protected service', () => {
  it('records service calls in the transcript with the token name and without the secret', async () => {
    const { visit, pair, sandbox } = createAccessStage()
    sandbox.latencyMs = 40
    await visit(pair)
    await visit(undefined, { path: '/nothing' })
    expect(sandbox.transcript.calls).toEqual([
      expect.objectContaining({
        api: 'service',
        method: 'GET',
        path: '/r2-explorer/api/v2/session/info',
        operation: 'GET /:app/api/v2/session/info',
        actor: 'r2-explorer',
        status: 200,
        applied: true
      }),
      expect.objectContaining({
        api: 'service',
        actor: undefined,
        operation: undefined,
        status: 403,
        applied: false
      })
    ])
    expect(JSON.stringify(sandbox.transcript.calls)).not.toContain(pair.clientSecret)
    expect(sandbox.transcript.roundTrips(({ api }) => api === 'service')).toBe(2)
  })

  it('injects faults into service calls', async () => {
    const { visit, pair, sandbox } = createAccessStage()
    const match = { api: 'service', path: '/session/info' }
    sandbox.faults.add({ match, when: 'before', answer: 'drop' })
    await expect(visit(pair)).rejects.toThrow('fetch failed')
    sandbox.faults.add({ match, when: 'before', answer: { rateLimit: 5 } })
    expect((await visit(pair)).headers.get('retry-after')).toBe('5')
    sandbox.faults.add({ match, when: 'after', answer: { status: 502, body: '<html>bad gateway</html>' } })
    expect((await visit(pair)).status).toBe(502)
    sandbox.faults.add({ match, when: 'after', answer: 'success-false' })
    expect(await (await visit(pair)).json()).toEqual({ error: 'internal_error' })
    expect((await visit(pair)).status).toBe(200)
  })

  it('serves the application at its path on any host, and answers 404 for unknown paths', async () => {
    const { sandbox, automation, pair } = createAccessStage()
    const headers = { 'cf-access-client-id': pair.clientId, 'cf-access-client-secret': pair.clientSecret }
    const status = async (path: string) =>
      (await sandbox.fetch(`http://localhost:1${path}`, { headers })).status
    expect(await status(`${automation.servicePath}/api/v2/session/info`)).toBe(200)
    expect(await status('/service/other/api/v2/session/info')).toBe(404)
    expect(await status(`${automation.servicePath}/api/v1`)).toBe(404)
    expect(await status('/service/')).toBe(404)
  })
})
