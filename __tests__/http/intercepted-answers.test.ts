import { describe, expect, it } from '@jest/globals'
import { createVirtualClock } from '../../sandbox/clock.ts'
import { FOREIGN_PAGES, foreignAnswer, type ForeignPage } from '../../sandbox/foreign-pages.ts'
import { cloudflareErrorMapper } from '../../src/cloudflare/errors/error-mapper.ts'
import { githubErrorMapper } from '../../src/github/error-mapper.ts'
import { createApiFetch } from '../../src/http/api-fetch.ts'
import type { ErrorMapper } from '../../src/http/error-mapper.ts'
import { coordinatorErrorMapper } from '../../src/locks/durable-object-lock.ts'
import { RotationError } from '../../src/kernel/error.ts'
import { createStandingClock } from './standing-clock.ts'

type Answer = () => Response

/** Makes one call, which gets the answers in turn; the last one repeats. */
async function call(errorMapper: ErrorMapper, method: string, answers: readonly Answer[]) {
  let sent = 0
  const apiFetch = createApiFetch({
    errorMapper,
    clock: createStandingClock(),
    random: () => 0,
    fetch: () => Promise.resolve(answers[Math.min(sent++, answers.length - 1)]!())
  })
  const outcome = await apiFetch('https://api.example/client/v4/accounts/a/tokens', { method }).then(
    ({ status }) => status,
    (error: unknown) => {
      if (!(error instanceof RotationError)) throw error
      return error
    }
  )
  return { outcome, sent }
}

const APIS = [
  ['Cloudflare', cloudflareErrorMapper, () => Response.json({ success: true, errors: [], result: {} })],
  ['GitHub', githubErrorMapper, () => Response.json({ id: 1 })],
  ['the coordinator', coordinatorErrorMapper, () => Response.json({ state: 'free' })]
] as const
const ENDING = FOREIGN_PAGES.filter(
  (page) => !['gzip-bomb', 'flood', 'endless', 'trickle', 'proxy-502'].includes(page)
)
const answering = (page: ForeignPage) => () => foreignAnswer(page, createVirtualClock())

describe.each(APIS)('foreign answer to a call of %s', (api, errorMapper, fine) => {
  it.each(ENDING)('reports an unknown effect when the foreign page %s answers a POST', async (page) => {
    const { outcome, sent } = await call(errorMapper, 'POST', [answering(page)])
    expect(outcome).toMatchObject({ code: 'intercepted', effect: 'unknown', retryable: true })
    const { message, hint } = outcome as RotationError
    expect(message).toMatch(
      new RegExp(
        `^Something between the runner and ${api} answered POST /client/v4/accounts/a/tokens with \\d+ \\(`,
        'i'
      )
    )
    expect(hint).toMatch(/proxy/)
    expect(hint).toMatch(/firewall|challenge/)
    expect(hint).toMatch(/cloudflare-api-url|GITHUB_API_URL|lock\.url/)
    // A creation must not happen twice.
    expect(sent).toBe(1)
  })

  it.each(ENDING)('retries a repeatable call when the foreign page %s answers it', async (page) => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'])
      expect(await call(errorMapper, method, [answering(page), fine])).toEqual({ outcome: 200, sent: 2 })
  })

  it('reports a foreign 429 as a rate limit', async () => {
    const limited = () => new Response('<html>', { status: 429, headers: { 'retry-after': '61' } })
    expect((await call(errorMapper, 'GET', [limited])).outcome).toMatchObject({ code: 'rate-limited' })
  })

  it('reports a 502 of a proxy as a failure of the API', async () => {
    expect((await call(errorMapper, 'GET', [answering('proxy-502'), fine])).sent).toBe(2)
    expect((await call(errorMapper, 'GET', [answering('proxy-502')])).outcome).toMatchObject({
      code: 'bad-answer'
    })
  })
})

describe('Cloudflare envelope', () => {
  const envelope = (status: number, errors: unknown, headers = {}) =>
    Response.json({ success: false, errors, messages: [], result: null }, { status, headers })
  const codeOf = async (answer: Answer) => {
    const { outcome } = await call(cloudflareErrorMapper, 'POST', [answer])
    return typeof outcome === 'number' ? outcome : outcome.code
  }

  it.each([
    ['no errors', []],
    ['errors that are not a list', 'no'],
    ['an error without a code', [{ message: 'no' }]],
    ['an error with an empty code', [{ code: '', message: 'no' }]]
  ])('does not accept an envelope with %s as an answer of Cloudflare', async (_what, errors) => {
    for (const status of [400, 401, 403, 404])
      expect(await codeOf(() => envelope(status, errors))).toBe('intercepted')
  })

  it('does not accept a challenge as an answer of Cloudflare, whatever it contains', async () => {
    const challenged = () => envelope(403, [{ code: 10000, message: 'no' }], { 'cf-mitigated': 'challenge' })
    expect(await codeOf(challenged)).toBe('intercepted')
  })

  it('reads an envelope of Cloudflare with any content type', async () => {
    const body = JSON.stringify({ success: false, errors: [{ code: 1000, message: 'no' }] })
    expect(await codeOf(() => new Response(body, { status: 401 }))).toBe('refused')
  })

  it('accepts a success without an envelope only as the value of a KV key', async () => {
    for (const body of ['{}', '{"status":"ok"}', '[]'])
      expect(
        await codeOf(() => new Response(body, { headers: { 'content-type': 'application/json' } }))
      ).toBe('intercepted')
    const apiFetch = createApiFetch({
      errorMapper: cloudflareErrorMapper,
      clock: createStandingClock(),
      random: () => 0,
      fetch: () =>
        Promise.resolve(new Response('{"owner":"x"}', { headers: { 'content-type': 'application/json' } }))
    })
    const value = 'https://api.example/client/v4/accounts/a/storage/kv/namespaces/n/values/k'
    expect(await (await apiFetch(value)).json()).toEqual({ owner: 'x' })
    await expect(apiFetch(value, { method: 'POST' })).rejects.toMatchObject({ code: 'intercepted' })
  })
})
