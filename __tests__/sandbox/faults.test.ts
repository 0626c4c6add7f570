import { describe, expect, it } from '@jest/globals'
import type { FaultAnswer } from '../../sandbox/faults.ts'
import { FOREIGN_PAGES, type ForeignPage } from '../../sandbox/foreign-pages.ts'
import { account_id, createStage, type Stage } from './stage.ts'

const UNENDING: readonly ForeignPage[] = ['gzip-bomb', 'flood', 'endless', 'trickle']
const scopes = ['workers' as const]

function createSecret({ sandbox, account }: Stage) {
  const [secret] = sandbox.cloudflare.secretsStores.create(account.store, [
    { name: 'A', value: 'old', scopes }
  ])
  return `/secrets_store/stores/${account.store.id}/secrets/${secret?.id}`
}

describe('faults', () => {
  it.each(['drop', 'garbage', 'success-false', { status: 503 }, { rateLimit: 7 }] satisfies FaultAnswer[])(
    'injects the fault %j before or after the call is applied',
    async (answer) => {
      for (const when of ['before', 'after'] as const) {
        const stage = createStage()
        const { sandbox, account, call } = stage
        const target = createSecret(stage)
        sandbox.faults.add({ match: { method: 'PATCH' }, when, answer })
        const patch = { method: 'PATCH', json: { value: 'new' } }
        const seen = await call(account.secretEdit.value, target, patch).catch((error: unknown) => error)
        const { A } = sandbox.cloudflare.secretsStores.values(account.store.id)
        expect(A).toBe(when === 'before' ? 'old' : 'new')
        expect(sandbox.transcript.calls.at(-1)).toMatchObject({
          applied: when === 'after',
          actor: expect.anything() as unknown
        })
        expect(sandbox.transcript.calls.at(-1)?.fault).toMatch(` ${when}`)
        const expected: Record<string, unknown> = {
          drop: expect.objectContaining({ name: 'TypeError', message: 'fetch failed' }),
          garbage: expect.objectContaining({ name: 'SyntaxError' }),
          'success-false': expect.objectContaining({
            status: 200,
            body: expect.objectContaining({ success: false }) as unknown
          }),
          status: expect.objectContaining({ status: 503 }),
          rateLimit: expect.objectContaining({ status: 429 })
        }
        expect(seen).toEqual(expected[typeof answer === 'string' ? answer : (Object.keys(answer)[0] ?? '')])
        expect((await call(account.secretEdit.value, target, patch)).status).toBe(200)
      }
    }
  )

  it('ends a hanging call when its caller aborts, and keeps what was applied', async () => {
    const stage = createStage()
    const { sandbox, account, call } = stage
    const target = createSecret(stage)
    sandbox.faults.add({ match: { method: 'PATCH' }, when: 'after', answer: 'hang' })
    const controller = new AbortController()
    const patch = call(account.secretEdit.value, target, {
      method: 'PATCH',
      json: { value: 'new' },
      signal: controller.signal
    })
    const settled = expect(patch).rejects.toThrow('too long')
    sandbox.onCall(({ phase }) => {
      if (phase === 'after') controller.abort(new Error('too long'))
    })
    await settled
    expect(sandbox.transcript.calls.at(-1)).toMatchObject({ status: 'hung', applied: true })
    expect(sandbox.cloudflare.secretsStores.values(account.store.id)).toEqual({ A: 'new' })
  })

  it('fails to connect with the given error code', async () => {
    const { sandbox, account, call } = createStage()
    sandbox.faults.add({ match: {}, when: 'before', answer: { connection: 'ENOTFOUND' } })
    await expect(call(account.tokenCreation.value, '/tokens/verify')).rejects.toMatchObject({
      message: 'fetch failed',
      cause: { code: 'ENOTFOUND' }
    })
    expect(sandbox.transcript.calls[0]).toMatchObject({ status: 'dropped', fault: 'ENOTFOUND before' })
  })

  it('selects the calls that fail by number, method, path, operation and API', async () => {
    const { sandbox, account, call } = createStage()
    const status = async (target: string, init: RequestInit = {}) =>
      (await call(account.tokenCreation.value, target, init)).status
    const answer = { status: 500 } as const
    const remove = sandbox.faults.add({ match: { nth: 2, count: 2 }, when: 'before', answer })
    const verify = '/tokens/verify'
    expect([await status(verify), await status(verify), await status(verify), await status(verify)]).toEqual([
      ...[200, 500, 500, 200]
    ])
    remove()
    sandbox.faults.add({ match: { path: '/verify', count: Infinity }, when: 'before', answer })
    expect([await status('/tokens'), await status(verify), await status(verify)]).toEqual([200, 500, 500])
    sandbox.faults.clear()
    sandbox.faults.add({ match: { path: /\/tokens(\?|$)/, method: 'get' }, when: 'before', answer })
    expect([await status(verify), await status('/tokens?page=1')]).toEqual([200, 500])
    sandbox.faults.add({ match: { api: 'github' }, when: 'before', answer })
    sandbox.faults.add({ match: { operation: 'GET /accounts/:account_id/tokens' }, when: 'before', answer })
    expect([await status(verify), await status('/tokens')]).toEqual([200, 500])
  })

  it('returns success:false with 200 as null from the SDK, and a rate limit with its delay', async () => {
    const { sandbox, account, sdk } = createStage()
    const { tokens } = sdk(account.tokenCreation.value).accounts
    sandbox.faults.add({ match: {}, when: 'after', answer: 'success-false' })
    expect(await tokens.verify({ account_id })).toBeNull()
    sandbox.faults.add({ match: {}, when: 'before', answer: { rateLimit: 30 } })
    const limited = await tokens.verify({ account_id }).catch((error: { headers: Headers }) => error)
    expect((limited as { headers: Headers }).headers.get('retry-after')).toBe('30')
  })

  it("injects faults into GitHub calls in GitHub's format", async () => {
    const { sandbox, account, octokit } = createStage()
    const { repos } = octokit(account.githubToken.value)
    const repo = { owner: 'octo-org', repo: 'ops' }
    sandbox.faults.add({ match: { api: 'github' }, when: 'before', answer: 'success-false' })
    expect((await repos.get(repo)).data).toEqual({ unexpected: true })
    sandbox.faults.add({ match: { api: 'github' }, when: 'before', answer: { rateLimit: 30 } })
    await expect(repos.get(repo)).rejects.toMatchObject({
      status: 429,
      response: { headers: { 'retry-after': '30' } }
    })
    sandbox.faults.add({
      match: {},
      when: 'before',
      answer: { status: 502, body: '<html>', headers: { server: 'x' } }
    })
    await expect(repos.get(repo)).rejects.toMatchObject({ status: 502, response: { data: '<html>' } })
  })

  it.each(['cloudflare', 'github'])('answers a %s call with a page that is not from the API', async (api) => {
    const answered = async (page: ForeignPage) => {
      const { sandbox } = createStage()
      sandbox.faults.add({ match: { api }, when: 'before', answer: { page } })
      const root = api === 'github' ? 'https://api.github.com' : 'https://api.cloudflare.com/client/v4'
      const response = await sandbox.fetch(`${root}/x`)
      expect(sandbox.transcript.calls[0]).toMatchObject({ applied: false, fault: `page ${page} before` })
      return response
    }
    const statuses = { 'proxy-407': 407, 'proxy-502': 502, 'login-200': 200 }
    for (const page of FOREIGN_PAGES.filter((name) => !UNENDING.includes(name))) {
      const response = await answered(page)
      expect(response.status).toBe({ ...statuses }[page as string] ?? Number(page.match(/\d+$/)?.[0] ?? 403))
      expect(await response.text()).not.toContain('success')
    }
    expect((await answered('challenge')).headers.get('cf-mitigated')).toBe('challenge')
    for (const page of UNENDING) {
      const reader = (await answered(page)).body!.getReader()
      expect((await reader.read()).done).toBe(false)
      await reader.cancel()
    }
  })

  it('injects a refusal in the format of the platform, with a code that may be a string', async () => {
    const { sandbox, account, call, octokit } = createStage()
    const refusal = {
      status: 403,
      code: '10204',
      message: 'no',
      documentationUrl: 'https://developers.cloudflare.com/x'
    }
    sandbox.faults.add({ match: {}, when: 'before', answer: { refusal } })
    expect(await call(account.tokenCreation.value, '/tokens')).toMatchObject({
      status: 403,
      body: {
        success: false,
        errors: [{ code: '10204', message: 'no', documentation_url: 'https://developers.cloudflare.com/x' }]
      }
    })
    expect(sandbox.transcript.calls[0]?.fault).toBe('403/10204 before')
    sandbox.faults.add({
      match: {},
      when: 'before',
      answer: { refusal: { status: 401, message: 'Bad credentials' } }
    })
    await expect(
      octokit(account.githubToken.value).repos.get({ owner: 'octo-org', repo: 'ops' })
    ).rejects.toMatchObject({
      status: 401,
      response: { data: { message: 'Bad credentials' } }
    })
  })
})
