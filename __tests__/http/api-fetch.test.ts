import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { cloudflareErrorMapper } from '../../src/cloudflare/errors/error-mapper.ts'
import { githubErrorMapper } from '../../src/github/error-mapper.ts'
import { createApiFetch } from '../../src/http/api-fetch.ts'
import { RotationError, type Effect } from '../../src/kernel/error.ts'
import { createStandingClock } from './standing-clock.ts'

type Answer = () => Response | Promise<Response>

const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  Response.json(body, { status, headers })
const fine = (): Response => json({ success: true, errors: [], result: {} })
const failing =
  (status: number, headers = {}): Answer =>
  () =>
    json({ success: false, errors: [{ code: 1, message: 'no' }] }, status, headers)
const broken =
  (code: string): Answer =>
  () => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) })
  }
const hanging = (signal: AbortSignal | null | undefined): Promise<Response> =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))
  })

/** Makes one call, which gets the answers in turn; the last one repeats. */
async function call(method: string, answers: readonly Answer[], errorMapper = cloudflareErrorMapper) {
  const clock = createStandingClock()
  let sent = 0
  const apiFetch = createApiFetch({
    errorMapper,
    clock,
    random: () => 0,
    fetch: async () => await answers[Math.min(sent++, answers.length - 1)]!()
  })
  const outcome = await apiFetch('https://api.example/x', { method }).then(
    (response) => response.status,
    (error: unknown) => {
      if (!(error instanceof RotationError)) throw error
      return error
    }
  )
  return { outcome, sent, slept: clock.slept }
}

describe('effect of a failed API call', () => {
  it.each<readonly [Effect, string, Answer]>([
    ['not-applied', 'status 400', failing(400)],
    ['not-applied', 'status 401', failing(401)],
    ['not-applied', 'status 403', failing(403)],
    ['not-applied', 'status 404', failing(404)],
    ['not-applied', 'status 429', failing(429)],
    ['unknown', 'status 500', failing(500)],
    ['unknown', 'status 503', failing(503)],
    ['unknown', 'success: false with status 200', failing(200)],
    ['unknown', 'garbage', () => new Response('<html>', { headers: { 'content-type': 'application/json' } })],
    ['unknown', 'a broken connection', broken('UND_ERR_SOCKET')],
    ['not-applied', 'a refused connection', broken('ECONNREFUSED')],
    ['not-applied', 'an unknown host', broken('ENOTFOUND')],
    ['not-applied', 'a bad certificate', broken('SELF_SIGNED_CERT_IN_CHAIN')]
  ])('reports the effect %s for a POST that fails with %s', async (effect, _how, answer) => {
    const { outcome } = await call('POST', [answer])
    expect(outcome).toMatchObject({ name: 'RotationError', effect })
  })

  it('reports an unknown effect for a call that is not answered in time', async () => {
    const clock = createStandingClock({ expireDeadlines: true })
    const apiFetch = createApiFetch({
      errorMapper: cloudflareErrorMapper,
      clock,
      random: () => 0,
      fetch: (_input, init) => hanging(init?.signal)
    })
    await expect(apiFetch('https://api.example/x', { method: 'POST' })).rejects.toMatchObject({
      code: 'unreachable',
      effect: 'unknown',
      message: expect.stringContaining('within 20 s') as unknown
    })
  })

  it('keeps the effect unknown when an earlier try may have been applied', async () => {
    const { outcome } = await call('PUT', [failing(500), failing(400)])
    expect(outcome).toMatchObject({ effect: 'unknown' })
  })
})

describe('API call retries', () => {
  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])(
    'retries a %s after a temporary failure, a bounded number of times and with growing waits',
    async (method) => {
      expect(await call(method, [failing(503), broken('UND_ERR_SOCKET'), fine])).toMatchObject({
        outcome: 200,
        sent: 3
      })
      const { outcome, sent, slept } = await call(method, [failing(503)])
      expect(outcome).toMatchObject({ code: 'bad-answer' })
      expect(sent).toBe(4)
      expect(slept).toEqual([...slept].sort((a, b) => a - b))
    }
  )

  it.each([
    ['a server error', failing(503)],
    ['a broken connection', broken('UND_ERR_SOCKET')],
    ['success: false', failing(200)],
    ['garbage', () => new Response('<', { headers: { 'content-type': 'application/json' } })]
  ] as const)('does not retry a POST after %s, since it could create twice', async (_how, answer) => {
    expect((await call('POST', [answer, fine])).sent).toBe(1)
  })

  it.each([
    ['it was never sent', broken('ECONNREFUSED')],
    ['it was rate-limited', failing(429, { 'retry-after': '3' })]
  ] as const)('retries a POST when %s', async (_why, answer) => {
    expect(await call('POST', [answer, fine])).toMatchObject({ outcome: 200, sent: 2 })
  })

  it.each([400, 401, 403, 404])('does not retry a call after status %i', async (status) => {
    expect((await call('GET', [failing(status), fine])).sent).toBe(1)
  })

  it('waits as long as a rate limit asks, and gives up when that is more than a minute', async () => {
    expect((await call('GET', [failing(429, { 'retry-after': '42' }), fine])).slept).toEqual([42_000])
    expect(await call('GET', [failing(429, { 'retry-after': '61' }), fine])).toMatchObject({
      sent: 1,
      outcome: { code: 'rate-limited' }
    })
  })

  it('waits until the time that a rate limit names, by the clock of the server', async () => {
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
    const until = failing(429, { date, 'retry-after': 'Wed, 21 Oct 2026 07:28:42 GMT' })
    expect((await call('GET', [until, fine])).slept).toEqual([42_000])
    const later = failing(429, { date, 'retry-after': 'Wed, 21 Oct 2026 07:30:00 GMT' })
    expect(await call('GET', [later, fine])).toMatchObject({
      sent: 1,
      outcome: { code: 'rate-limited', message: expect.stringContaining('wait 120 s') as unknown }
    })
    const own = new Date(createStandingClock().now() + 7_000).toUTCString()
    expect((await call('GET', [failing(429, { 'retry-after': own }), fine])).slept).toEqual([7_000])
  })

  it('waits as long as a server error asks, and ignores a wait of more than a minute', async () => {
    expect((await call('GET', [failing(503, { 'retry-after': '42' }), fine])).slept).toEqual([42_000])
    const { sent, slept } = await call('GET', [failing(503, { 'retry-after': '3600' }), fine])
    expect({ sent, waited: slept[0]! < 1_000 }).toEqual({ sent: 2, waited: true })
  })

  it('uses its own backoff when the requested wait is over or invalid', async () => {
    for (const asked of ['0', '-1', 'soon', 'Wed, 21 Oct 2015 07:28:00 GMT'])
      expect((await call('GET', [failing(503, { 'retry-after': asked }), fine])).slept[0]).toBeGreaterThan(
        300
      )
  })

  it('sends no further call once the run is cancelled', async () => {
    const controller = new AbortController()
    let sent = 0
    const apiFetch = createApiFetch({
      errorMapper: cloudflareErrorMapper,
      clock: createStandingClock(),
      random: () => 0,
      signal: controller.signal,
      fetch: () => {
        sent++
        controller.abort()
        return Promise.resolve(failing(503)() as Response)
      }
    })
    await expect(apiFetch('https://api.example/x')).rejects.toBeInstanceOf(RotationError)
    await expect(apiFetch('https://api.example/x')).rejects.toMatchObject({
      code: 'cancelled',
      effect: 'not-applied'
    })
    expect(sent).toBe(1)
  })
})

it('does not follow a redirect with the token', async () => {
  let redirect: RequestInit['redirect']
  const apiFetch = createApiFetch({
    errorMapper: githubErrorMapper,
    clock: createStandingClock(),
    random: () => 0,
    fetch: (_input, init) => {
      redirect = init?.redirect
      return Promise.resolve(
        new Response(null, { status: 302, headers: { location: 'https://evil.example' } })
      )
    }
  })
  await expect(apiFetch('https://api.example/x')).rejects.toBeInstanceOf(RotationError)
  expect(redirect).toBe('manual')
})

it('sends its name and version as the user agent', async () => {
  const seen: (string | null)[] = []
  const apiFetch = createApiFetch({
    errorMapper: githubErrorMapper,
    clock: createStandingClock(),
    random: () => 0,
    fetch: (_input, init) => {
      seen.push(new Headers(init?.headers).get('user-agent'))
      return Promise.resolve(new Response(null, { status: 204 }))
    }
  })
  await apiFetch('https://api.example/x', { headers: { 'User-Agent': 'e/JS 7.3.0' } })
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  expect(seen).toEqual([`rotate-action/${version}`])
})
