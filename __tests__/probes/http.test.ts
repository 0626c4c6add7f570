import { describe, expect, it } from '@jest/globals'
import { USER_AGENT } from '../../src/http/user-agent.ts'
import { createHttpProbe, MAX_EVIDENCE, type HttpProbeOptions } from '../../src/probes/http.ts'
import { createFillIn } from '../../src/probes/own-values.ts'
import type { FieldValues, ProbeEvidence } from '../../src/rotation/model/ports.ts'
import { Secret, SecretRegistry } from '../../src/kernel/secret.ts'
import { createStandingClock } from '../http/standing-clock.ts'

const ID = 'id-of-the-pair.access'
const SECRET = 'kQ9-secret-of-the-pair'

interface Sent {
  readonly url: string
  readonly init: RequestInit
  /** As they are sent, with repeated names joined. */
  readonly headers: Headers
}

type Answer = () => Response | Promise<Response>

const text = (body: string, status = 200): Answer => {
  return () => new Response(body, { status })
}
const json = (body: unknown): Answer => text(JSON.stringify(body))

/** Options that a test sets, with the variables of the step. */
type Changes = Partial<HttpProbeOptions> & { readonly variable?: (name: string) => string }

/** Runs a probe once against one answer. */
async function tryOnce(
  answer: Answer,
  { variable = (name) => `<${name}>`, ...options }: Changes = {}
): Promise<{ evidence: ProbeEvidence; sent: Sent }> {
  const secrets = new SecretRegistry(() => undefined)
  const values: FieldValues = {
    'client-id': secrets.register(ID),
    'client-secret': secrets.register(SECRET)
  }
  const sent: Sent[] = []
  const probe = createHttpProbe({
    url: 'https://app.example/health',
    method: 'GET',
    headers: {},
    expect: { statuses: [200] },
    timeoutMs: 10_000,
    credentialHeaders: (own) => ({
      'CF-Access-Client-Id': own['client-id']!.reveal(),
      'CF-Access-Client-Secret': own['client-secret']!.reveal()
    }),
    form: 'service-token',
    fillIn: createFillIn([], variable),
    fetch: async (input, init = {}) => {
      sent.push({ url: (input as URL).href, init, headers: new Headers(init.headers) })
      return await answer()
    },
    clock: createStandingClock(),
    redact: (body) => secrets.redact(body),
    ...options
  })
  const evidence = await probe.run(values)
  expect(sent).toHaveLength(1)
  return { evidence, sent: sent[0]! }
}

describe('HTTP probe expectations', () => {
  it.each([
    [200, [200], 'passed'],
    [204, [200, 204], 'passed'],
    [404, [404], 'passed'],
    [401, [401], 'passed'],
    [302, [302], 'passed'],
    [200, [204], 'inconclusive'],
    [401, [200, 204], 'unauthenticated'],
    [403, [200], 'forbidden'],
    [503, [200], 'inconclusive']
  ] as const)('takes status %i with the expected statuses %j as %s', async (status, statuses, verdict) => {
    const { evidence } = await tryOnce(() => new Response(null, { status }), { expect: { statuses } })
    expect(evidence).toMatchObject({ label: 'http: GET https://app.example/health', verdict })
    expect(evidence.detail).toContain(String(status))
  })

  it.each<readonly [string, unknown, unknown, boolean]>([
    ['the same object', { ok: true }, { ok: true }, true],
    ['fewer keys than the answer has', { ok: true, at: 7 }, { ok: true }, true],
    ['an empty object', { ok: true }, {}, true],
    ['a key that is missing', { at: 7 }, { ok: true }, false],
    ['a key that is only inherited', {}, { toString: {} }, false],
    ['another value', { ok: false }, { ok: true }, false],
    ['another type', { ok: 'true' }, { ok: true }, false],
    ['null for null', { error: null }, { error: null }, true],
    ['null for an object', { error: {} }, { error: null }, false],
    ['an object for null', { error: null }, { error: {} }, false],
    ['parts of nested objects', { a: { b: { c: 1, d: 2 }, e: 3 } }, { a: { b: { c: 1 } } }, true],
    ['nested objects that differ', { a: { b: { c: 1 } } }, { a: { b: { c: 2 } } }, false],
    ['a list', { ids: [1, 2] }, { ids: [1, 2] }, true],
    ['a longer list', { ids: [1] }, { ids: [1, 2] }, false],
    ['a shorter list', { ids: [1, 2] }, { ids: [1] }, false],
    ['a list in another order', { ids: [2, 1] }, { ids: [1, 2] }, false],
    ['parts of objects in a list', [{ id: 1, name: 'x' }], [{ id: 1 }], true],
    ['a list for an object', { ids: { 0: 1 } }, { ids: [1] }, false],
    ['a plain value', 'up', 'up', true]
  ])('compares an answer with expected JSON: %s', async (_what, actual, expected, passes) => {
    const { evidence } = await tryOnce(json(actual), { expect: { statuses: [200], json: expected } })
    expect(evidence.verdict).toBe(passes ? 'passed' : 'inconclusive')
    if (!passes) expect(evidence).toMatchObject({ hint: expect.stringContaining('expect.json') as unknown })
  })

  it('returns inconclusive when JSON is expected and the answer is a page', async () => {
    const { evidence } = await tryOnce(text('<h1>up</h1>'), { expect: { statuses: [200], json: {} } })
    expect(evidence).toMatchObject({
      verdict: 'inconclusive',
      detail: '200, but its JSON is not what is expected: <h1>up</h1>'
    })
  })

  it('classifies a wrong status although the JSON is as expected', async () => {
    const body = JSON.stringify({ ok: true, error: 'token_claim_mismatch' })
    const { evidence } = await tryOnce(text(body, 401), { expect: { statuses: [200], json: { ok: true } } })
    expect(evidence).toMatchObject({ verdict: 'unauthenticated', final: true })
  })
})

describe('HTTP probe request', () => {
  it('sends the client id and secret in the headers of Access', async () => {
    const { sent } = await tryOnce(text('ok'), { method: 'HEAD', headers: { Accept: 'text/plain' } })
    expect(sent.init.method).toBe('HEAD')
    expect(Object.fromEntries(sent.headers)).toEqual({
      'user-agent': USER_AGENT,
      accept: 'text/plain',
      'cf-access-client-id': ID,
      'cf-access-client-secret': SECRET
    })
  })

  it('sends no cookies and no body, and follows no redirect', async () => {
    const location = 'https://team.cloudflareaccess.com/cdn-cgi/access/login/app.example'
    const { sent, evidence } = await tryOnce(
      () => new Response(null, { status: 302, headers: { location, 'set-cookie': 'CF_Session=x' } })
    )
    expect(sent.init.redirect).toBe('manual')
    expect(sent.headers.has('cookie')).toBe(false)
    expect(sent.init.body).toBeUndefined()
    expect(evidence).toMatchObject({ verdict: 'unauthenticated', detail: '302 to a login page.' })
  })

  it('replaces variables in the URL and in headers, and shows no value of them in the label', async () => {
    const { sent, evidence } = await tryOnce(text('ok'), {
      url: 'https://${HOST_OF_APP}.example/clients/${APP_CLIENT_ID}?x=$HOST&y=${lower}',
      headers: { 'X-Client': '${APP_CLIENT_ID} of ${TENANT}' },
      variable: (name) => ({ HOST_OF_APP: 'app', APP_CLIENT_ID: ID, TENANT: "$& $' acme" })[name]!
    })
    expect(sent.url).toBe(`https://app.example/clients/${ID}?x=$HOST&y=\${lower}`)
    expect(sent.headers.get('x-client')).toBe(`${ID} of $& $' acme`)
    expect(evidence.label).toBe(
      'http: GET https://${HOST_OF_APP}.example/clients/${APP_CLIENT_ID}?x=$HOST&y=${lower}'
    )
  })

  it('sends the configured user agent instead of the default one', async () => {
    const { sent } = await tryOnce(text('ok'), { headers: { 'User-Agent': 'mine' } })
    expect(sent.headers.get('user-agent')).toBe('mine')
  })

  it('sends the values of each run', async () => {
    const seen: (string | undefined)[] = []
    const probe = createHttpProbe({
      url: 'https://app.example/',
      method: 'GET',
      headers: { 'X-Of': '${VALUE}' },
      expect: { statuses: [200] },
      timeoutMs: 1000,
      credentialHeaders: () => ({}),
      form: 'service-token',
      fillIn: createFillIn([{ field: 'value', primary: 'VALUE' }], () => undefined),
      fetch: (_input, init) => {
        seen.push(new Headers(init?.headers).get('x-of') ?? undefined)
        return Promise.resolve(new Response('ok'))
      },
      clock: createStandingClock(),
      redact: (body) => body
    })
    await probe.run({ value: new Secret('old') })
    await probe.run({ value: new Secret('new') })
    expect(seen).toEqual(['old', 'new'])
  })
})

describe('HTTP probe evidence', () => {
  it('contains only the status and a known code when the probe passed', async () => {
    const session = '{"session":"https://app.example/s/Zx7Qw9Lm2Rt5"}'
    expect((await tryOnce(text(session))).evidence.detail).toBe('200')
    const refused = await tryOnce(text(`{"error":"access_required"} ${session}`, 401), {
      expect: { statuses: [401] }
    })
    expect(refused.evidence).toMatchObject({ verdict: 'passed', detail: '401 access_required' })
  })

  it('contains the answer without its secrets when the probe failed or full evidence is set', async () => {
    const answer = `${ID}:${SECRET} ${btoa(SECRET)} fine`
    const passed = await tryOnce(text(answer), { evidence: 'full' })
    expect(passed.evidence.detail).toBe('200 ***:*** *** fine')
    const failed = await tryOnce(text(answer, 418))
    expect(failed.evidence.detail).toBe('status 418: ***:*** *** fine')
  })

  it.each([3, 5, SECRET.length - 1])(
    'leaves no part of a secret that the cut splits after %i characters',
    async (before) => {
      const body = `${'x'.repeat(MAX_EVIDENCE - before)}${SECRET}${'y'.repeat(100)}`
      for (const status of [200, 503]) {
        const { evidence } = await tryOnce(text(body, status), { evidence: 'full' })
        expect(evidence.detail).not.toContain(SECRET.slice(0, before))
        expect(evidence.detail).toContain(`xxx${'***'.slice(0, before)}`)
        expect(evidence.detail).toContain(`(cut at ${MAX_EVIDENCE} characters)`)
      }
    }
  )

  it('leaves no part of a secret at the end of the body that is read', async () => {
    const { evidence } = await tryOnce(text(`${' '.repeat(64 * 1024 - 8)}${SECRET}`, 503))
    expect(evidence.detail).not.toContain(SECRET.slice(0, 8))
  })

  it('does not cut evidence of exactly the maximum length', async () => {
    const { evidence } = await tryOnce(text('x'.repeat(MAX_EVIDENCE)), { evidence: 'full' })
    expect(evidence.detail).toBe(`200 ${'x'.repeat(MAX_EVIDENCE)}`)
  })

  it('contains only a part of a very long answer', async () => {
    const { evidence } = await tryOnce(text('x'.repeat(1024 * 1024), 500))
    expect(evidence.detail.length).toBeLessThan(MAX_EVIDENCE + 200)
  })
})

describe('HTTP probe without an answer', () => {
  const hanging: typeof fetch = (_input, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))
    })
  const endless: typeof fetch = (_input, init) =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          start: (controller) => {
            init?.signal?.addEventListener('abort', () =>
              controller.error(new DOMException('aborted', 'AbortError'))
            )
          }
        })
      )
    )

  it.each([
    ['a service that never answers', hanging],
    ['a body that never ends', endless]
  ])('ends at its timeout on %s', async (_what, fetch) => {
    const standing = createStandingClock({ expireDeadlines: true })
    const deadlines: number[] = []
    let cleared = 0
    const probe = createHttpProbe({
      url: 'https://app.example/',
      method: 'GET',
      headers: {},
      expect: { statuses: [200] },
      timeoutMs: 3000,
      credentialHeaders: () => ({}),
      form: 'service-token',
      fillIn: (text) => text,
      fetch,
      clock: {
        ...standing,
        deadline: (ms) => {
          deadlines.push(ms)
          return { signal: standing.deadline(ms).signal, clear: () => cleared++ }
        }
      },
      redact: (body) => body
    })
    expect(await probe.run({})).toMatchObject({
      verdict: 'inconclusive',
      detail: 'no answer within 3 s.',
      hint: expect.stringContaining('`timeout`') as unknown,
      final: false
    })
    expect({ deadlines, cleared }).toEqual({ deadlines: [3000], cleared: 1 })
  })

  it('reports the network error and no secret that it sent', async () => {
    const { evidence } = await tryOnce(() => {
      throw new TypeError(`fetch failed with ${SECRET}`, {
        cause: Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' })
      })
    })
    expect(evidence).toMatchObject({
      verdict: 'inconclusive',
      detail: 'the service could not be reached (ECONNREFUSED).'
    })
    expect(JSON.stringify(evidence)).not.toContain(SECRET)
  })
})
