import { describe, expect, it } from '@jest/globals'
import { explainAnswer, explainNetworkError, type Explanation } from '../../src/probes/explain.ts'
import type { Verdict } from '../../src/rotation/model/ports.ts'

interface Answer {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: string
}

const explain = ({ status, headers = {}, body = '' }: Answer): Explanation =>
  explainAnswer({ status, headers: new Headers(headers), body })
const error = (code: string): string => JSON.stringify({ error: code })
const failed = (code: string): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) })

const LOGIN = 'https://team.cloudflareaccess.com/cdn-cgi/access/login/app.example?kid=1'

/** What Cloudflare's edge answers to a request that a custom rule of the zone blocks. */
const BLOCK_PAGE =
  '<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body><div id="cf-wrapper"><div id="cf-error-details"><h1 data-translate="block_headline">Sorry, you have been blocked</h1></div></div></body></html>'

interface Expected {
  readonly verdict: Verdict
  readonly meaning: string
  /** Part of the hint that distinguishes it from the others. */
  readonly hint: string
  readonly final?: boolean
}

const ANSWERS: readonly (readonly [string, Answer, Expected])[] = [
  [
    'a pair that Access does not admit',
    { status: 401, body: error('access_required') },
    { verdict: 'unauthenticated', meaning: '401 access_required', hint: 'Service Auth' }
  ],
  [
    'a signature that the service cannot verify',
    { status: 401, body: error('token_invalid_signature') },
    { verdict: 'unauthenticated', meaning: '401 token_invalid_signature', hint: '/cdn-cgi/access/certs' }
  ],
  [
    "another application's audience",
    { status: 401, body: error('token_claim_mismatch') },
    { verdict: 'unauthenticated', meaning: '401 token_claim_mismatch', hint: 'AUD', final: true }
  ],
  [
    'a scope that is missing',
    { status: 403, body: error('insufficient_scope') },
    { verdict: 'forbidden', meaning: '403 insufficient_scope', hint: 'scope', final: true }
  ],
  [
    'a redirect to the login of the team',
    { status: 302, headers: { location: LOGIN } },
    { verdict: 'unauthenticated', meaning: '302 to a login page', hint: 'Allow policy' }
  ],
  [
    'a redirect to the login on the host itself',
    { status: 303, headers: { location: '/cdn-cgi/access/login/app.example' } },
    { verdict: 'unauthenticated', meaning: '303 to a login page', hint: 'Allow policy' }
  ],
  [
    'a redirect to another place',
    { status: 302, headers: { location: 'https://app.example/en/' } },
    { verdict: 'inconclusive', meaning: '302 to another URL', hint: 'final URL' }
  ],
  [
    'a redirect to nowhere',
    { status: 307 },
    { verdict: 'inconclusive', meaning: '307 to another URL', hint: 'final URL' }
  ],
  [
    'a block page of the edge',
    { status: 403, body: 'error code: 1010' },
    { verdict: 'inconclusive', meaning: '403: the edge blocked the request (error 1010)', hint: 'firewall' }
  ],
  [
    'a block page without an error code',
    {
      status: 403,
      headers: { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare' },
      body: BLOCK_PAGE
    },
    { verdict: 'inconclusive', meaning: '403: the edge blocked the request (a block page)', hint: 'firewall' }
  ],
  [
    'a rate limit of the edge',
    { status: 429, body: 'error code: 1015' },
    { verdict: 'inconclusive', meaning: '429: the edge blocked the request (error 1015)', hint: 'firewall' }
  ],
  [
    'a challenge of the edge',
    { status: 403, headers: { 'cf-mitigated': 'challenge' }, body: '<title>Just a moment...</title>' },
    { verdict: 'inconclusive', meaning: '403: the edge asks for a challenge', hint: 'firewall' }
  ],
  [
    'a 401 without a body',
    { status: 401 },
    { verdict: 'unauthenticated', meaning: '401 without a known error code', hint: 'Service Auth' }
  ],
  [
    'a 401 with an unknown code',
    { status: 401, body: error('computer_says_no') },
    { verdict: 'unauthenticated', meaning: '401 without a known error code', hint: 'Service Auth' }
  ],
  [
    'a 403 without a body',
    { status: 403 },
    { verdict: 'forbidden', meaning: '403: the pair is not known, or not authorised', hint: 'Service Auth' }
  ],
  [
    'a 403 with a page',
    { status: 403, body: '<h1>Forbidden</h1>' },
    { verdict: 'forbidden', meaning: '403: the pair is not known, or not authorised', hint: 'Service Auth' }
  ],
  ...[500, 502, 503, 504, 530].map(
    (status) =>
      [
        `a ${status}`,
        { status },
        {
          verdict: 'inconclusive',
          meaning: `${status}: the service has a problem`,
          hint: 'Check the service'
        }
      ] as const
  ),
  ...[200, 204, 400, 404, 405, 418, 429].map(
    (status) =>
      [
        `a ${status} that was not expected`,
        { status },
        { verdict: 'inconclusive', meaning: `status ${status}`, hint: 'URL' }
      ] as const
  )
]

describe('unexpected probe answer', () => {
  it.each(ANSWERS)(
    'explains the probe answer: %s',
    (_what, answer, { verdict, meaning, hint, final = false }) => {
      const explanation = explain(answer)
      expect(explanation).toMatchObject({
        verdict,
        meaning: expect.stringContaining(meaning) as unknown,
        hint: expect.stringContaining(hint) as unknown
      })
      expect(explanation.final === true).toBe(final)
    }
  )

  it('never takes an unexpected answer for a success', () => {
    expect(ANSWERS.map(([, answer]) => explain(answer).verdict)).not.toContain('passed')
  })

  it('gives each known code its own hint', () => {
    const codes = ['access_required', 'token_invalid_signature', 'token_claim_mismatch', 'insufficient_scope']
    expect(new Set(codes.map((code) => explain({ status: 401, body: error(code) }).hint)).size).toBe(4)
  })

  it('finds a known code anywhere in the body of an answer', () => {
    const body = `<html><pre>{"errors":[{"code":"token_claim_mismatch"}]}</pre>`
    expect(explain({ status: 401, body })).toMatchObject({ final: true })
  })
})

describe('probe answer with a misleading body', () => {
  it.each([200, 302, 404, 500])(
    'returns inconclusive for status %i although the body has a known code',
    (status) => {
      expect(explain({ status, body: error('access_required') })).toMatchObject({ verdict: 'inconclusive' })
    }
  )

  it.each(['', '{}', '<h1>no</h1>', 'unauthenticated', error('forbidden')])(
    'returns forbidden for a 403 with the body %j, since a valid pair without rights gets it too',
    (body) => {
      expect(explain({ status: 403, body }).verdict).toBe('forbidden')
    }
  )

  it.each([403, 503])(
    'returns inconclusive when the edge blocks with %i, since the call did not reach Access',
    (status) => {
      expect(explain({ status, body: 'error code: 1010' }).verdict).toBe('inconclusive')
      expect(explain({ status, headers: { 'cf-mitigated': 'challenge' } }).verdict).toBe('inconclusive')
    }
  )

  it.each([401, 403])('concludes nothing about an API token from a web page with %i', (status) => {
    const page = {
      status,
      headers: new Headers({ 'content-type': 'text/html' }),
      body: '<html>Access Denied</html>'
    }
    expect(explainAnswer(page, 'api-token').verdict).toBe('inconclusive')
    expect(explainAnswer({ ...page, headers: new Headers() }, 'api-token').verdict).toBe('inconclusive')
    const refused = '{"success":false,"errors":[{"code":1000,"message":"Invalid API Token"}]}'
    const json = { status, headers: new Headers({ 'content-type': 'application/json' }), body: refused }
    expect(explainAnswer(json, 'api-token').verdict).not.toBe('inconclusive')
  })

  it('does not take another error number for a block of the edge', () => {
    expect(explain({ status: 403, body: 'error code: 42' }).verdict).toBe('forbidden')
  })
})

describe('unanswered probe', () => {
  const beforeTimeout = { timedOut: false, timeoutMs: 10_000 }

  it.each([
    ['ENOTFOUND', 'the host name is not known (ENOTFOUND)', 'DNS'],
    ['EAI_AGAIN', 'the host name is not known (EAI_AGAIN)', 'DNS'],
    ['CERT_HAS_EXPIRED', 'TLS certificate was not accepted (CERT_HAS_EXPIRED)', 'certificate'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'TLS certificate was not accepted', 'certificate'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS certificate was not accepted', 'certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS certificate was not accepted', 'certificate'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS certificate was not accepted', 'certificate'],
    ['ECONNREFUSED', 'could not be reached (ECONNREFUSED)', 'network'],
    ['ECONNRESET', 'could not be reached (ECONNRESET)', 'network'],
    ['UND_ERR_SOCKET', 'could not be reached (UND_ERR_SOCKET)', 'network']
  ])('explains the network error %s as inconclusive', (code, meaning, hint) => {
    expect(explainNetworkError(failed(code), beforeTimeout)).toEqual({
      verdict: 'inconclusive',
      meaning: expect.stringContaining(meaning) as unknown,
      hint: expect.stringContaining(hint) as unknown
    })
  })

  it.each([new Error('who knows'), 'a string', undefined])(
    'explains the unknown error %p as inconclusive',
    (thrown) => {
      expect(explainNetworkError(thrown, beforeTimeout)).toEqual({
        verdict: 'inconclusive',
        meaning: 'the service could not be reached',
        hint: expect.stringContaining('network') as unknown
      })
    }
  )

  it('reports the timeout of a probe, whatever was thrown', () => {
    expect(explainNetworkError(failed('ECONNREFUSED'), { timedOut: true, timeoutMs: 2500 })).toEqual({
      verdict: 'inconclusive',
      meaning: 'no answer within 2.5 s',
      hint: expect.stringContaining('`timeout`') as unknown
    })
  })
})
