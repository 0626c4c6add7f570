import { systemCode } from '../http/connection-failure.ts'
import type { CredentialForm } from '../kernel/kinds.ts'
import type { Verdict } from '../rotation/model/ports.ts'

/** Meaning of a protected service's answer, and what to do about it. */
export interface Explanation {
  readonly verdict: Verdict
  readonly meaning: string
  readonly hint: string
  /** Waiting does not help: Access accepted the request, and the service itself refused it. */
  readonly final?: boolean
}

/** Answer of a service. */
export interface ServiceAnswer {
  readonly status: number
  readonly headers: Headers
  /** The beginning of the body. */
  readonly body: string
}

interface Signature {
  readonly code: string
  readonly verdict: Verdict
  readonly hint: string
  readonly final?: boolean
}

/** Known error codes of services behind Access, which are more exact than the status. */
const SIGNATURES: readonly Signature[] = [
  {
    code: 'access_required',
    verdict: 'unauthenticated',
    hint: 'The pair is wrong, or no Service Auth policy of this application admits it: add the service token to a policy with the action Service Auth.'
  },
  {
    code: 'token_invalid_signature',
    verdict: 'unauthenticated',
    hint: "The service could not check Access's signature: it must read the signing keys (JWKS) of this team from /cdn-cgi/access/certs, and again when they change."
  },
  {
    code: 'token_claim_mismatch',
    verdict: 'unauthenticated',
    final: true,
    hint: "The service expects another application's audience (AUD): give it the AUD tag of the application that this path belongs to."
  },
  {
    code: 'insufficient_scope',
    verdict: 'forbidden',
    final: true,
    hint: "Access accepts the pair, but the service requires more than the token's claims: give it the scope in the service; or use `strategy: rotate`, if the service knows its clients by their id."
  }
]

/** What to do about an answer without a known code, by the way in which the credential authenticates. */
const HINTS: Readonly<
  Record<CredentialForm, { subject: string; unauthenticated: string; forbidden: string }>
> = {
  'service-token': {
    subject: 'pair',
    unauthenticated:
      'The pair is not accepted here: check that a Service Auth policy of this application admits it.',
    forbidden: 'Check that a Service Auth policy of this application names the service token.'
  },
  'api-token': {
    subject: 'token',
    unauthenticated: 'The token is not accepted here: check the URL of the probe.',
    forbidden:
      'Give the token the permission that the URL of the probe needs, and check its client IP filter.'
  }
}

/** The known error code in a body; undefined when there is none. */
export function findKnownCode(body: string): string | undefined {
  return SIGNATURES.find(({ code }) => body.includes(code))?.code
}

/** Explains an unexpected answer. */
export function explainAnswer(
  { status, headers, body }: ServiceAnswer,
  form: CredentialForm = 'service-token'
): Explanation {
  const signature = SIGNATURES.find(({ code }) => body.includes(code))
  if (signature !== undefined && (status === 401 || status === 403)) {
    return {
      // A 403 alone proves nothing, whatever code it has.
      verdict: status === 403 ? 'forbidden' : signature.verdict,
      meaning: `${status} ${signature.code}`,
      hint: signature.hint,
      final: signature.final === true
    }
  }
  const block = edgeBlock(status, headers, body) ?? foreignPage({ status, headers, body }, form)
  if (block !== undefined) return block
  if (status >= 300 && status < 400) return explainRedirect(status, headers)
  if (status === 401) {
    return {
      verdict: 'unauthenticated',
      meaning: '401 without a known error code',
      hint: HINTS[form].unauthenticated
    }
  }
  if (status === 403) {
    return {
      verdict: 'forbidden',
      meaning: `403: the ${HINTS[form].subject} is not known, or not authorised here`,
      hint: HINTS[form].forbidden
    }
  }
  if (status >= 500) {
    return {
      verdict: 'inconclusive',
      meaning: `${status}: the service has a problem of its own`,
      hint: 'Check the service, and run again when it works.'
    }
  }
  return {
    verdict: 'inconclusive',
    meaning: `status ${status}`,
    hint: 'Check the URL of the probe, and what it expects.'
  }
}

/** Explains why a request got no answer. */
export function explainNetworkError(
  thrown: unknown,
  { timedOut, timeoutMs }: { timedOut: boolean; timeoutMs: number }
): Explanation {
  const reason = (meaning: string, hint: string): Explanation => ({ verdict: 'inconclusive', meaning, hint })
  if (timedOut)
    return reason(
      `no answer within ${timeoutMs / 1000} s`,
      'Check that the service is up, or give the probe a longer `timeout`.'
    )
  const code = systemCode(thrown)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return reason(`the host name is not known (${code})`, "Check the probe's URL and its DNS record.")
  }
  if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL|EPROTO/.test(code)) {
    return reason(
      `the TLS certificate was not accepted (${code})`,
      'Check the certificate of the host and the time of the runner.'
    )
  }
  return reason(
    `the service could not be reached${code === undefined ? '' : ` (${code})`}`,
    'Check the URL, the service and the network of the runner.'
  )
}

function explainRedirect(status: number, headers: Headers): Explanation {
  const location = headers.get('location') ?? ''
  const login = isLogin(location)
  if (login) {
    return {
      verdict: 'unauthenticated',
      meaning: `${status} to a login page`,
      hint: 'No Service Auth policy applies on this path: an Allow policy alone sends a service token to the login.'
    }
  }
  return {
    verdict: 'inconclusive',
    meaning: `${status} to another URL; redirects are not followed`,
    hint: 'Give the probe the final URL.'
  }
}

/** Tells whether a redirect goes to Access's login, by host or path; the query does not count. */
function isLogin(location: string): boolean {
  const url = URL.canParse(location, 'https://service.invalid')
    ? new URL(location, 'https://service.invalid')
    : undefined
  if (url === undefined) return false
  return url.hostname.endsWith('.cloudflareaccess.com') || url.pathname.startsWith('/cdn-cgi/access/login')
}

/** Marks of the page with which the edge blocks a request by a rule of the zone. It has no error code. */
const BLOCK_PAGE = /<title>\s*Attention Required!|you have been blocked|cf-error-details/i

/** Explains a block page of Cloudflare's edge, which says nothing about the credential: the request never reached Access. */
function edgeBlock(status: number, headers: Headers, body: string): Explanation | undefined {
  const challenged = headers.get('cf-mitigated') === 'challenge'
  // The edge never blocks with 401.
  const reason = challenged ? undefined : status === 401 ? undefined : findBlock(body)
  if (reason === undefined && !challenged) return undefined
  return {
    verdict: 'inconclusive',
    meaning: challenged
      ? `${status}: the edge asks for a challenge`
      : `${status}: the edge blocked the request (${reason})`,
    hint: 'A firewall, bot or browser-integrity rule of the zone blocks the runner: allow the path of the probe.'
  }
}

function findBlock(body: string): string | undefined {
  // The page has the code in its text or in an element named after it.
  const code = /(?:error code:?\s*|cf-error-code"?>)(1\d{3})/i.exec(body)?.[1]
  if (code !== undefined) return `error ${code}`
  return BLOCK_PAGE.test(body) ? 'a block page' : undefined
}

/** Explains a page in place of the JSON with which Cloudflare's API refuses a token: a proxy or a firewall answered. */
function foreignPage(
  { status, headers, body }: ServiceAnswer,
  form: CredentialForm
): Explanation | undefined {
  const isPage = headers.get('content-type')?.startsWith('text/html') === true || /^\s*</.test(body)
  if (form !== 'api-token' || !isPage || (status !== 401 && status !== 403)) return undefined
  return {
    verdict: 'inconclusive',
    meaning: `${status} with a web page, which is not an answer of the API`,
    hint: 'A proxy or a firewall answered: check the URL of the probe and the network of the runner.'
  }
}
