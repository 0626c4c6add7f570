import type { AnswerStyle, Application, ServiceFailure } from '../cloudflare/access-applications.ts'

/** Failures of the service behind Access, which answers in JSON. */
const serviceFailures: Partial<Record<ServiceFailure, number>> = {
  access_required: 401,
  token_invalid_signature: 401,
  token_claim_mismatch: 401,
  insufficient_scope: 403,
  'server-error': 500
}

/** Application and caller of a refusal. */
export interface Refused {
  readonly application: Application
  readonly team: string
  readonly url: string
}

/** Makes Access's answer to a caller that it does not admit. */
export function refuseEntry(
  refused: Refused,
  { style, isValid }: { style: AnswerStyle; isValid: boolean }
): Response {
  switch (style) {
    case 'identity':
      return redirectToLogin(refused)
    case 'service-auth-only':
      return forbidden()
    case '401':
      return serviceError(401, 'access_required')
    case 'strict':
      return isValid ? forbidden() : serviceError(401, 'access_required')
  }
}

/** Makes the edge's answer before the caller is checked; `undefined` for a failure of the service itself. */
export function failAtEdge(refused: Refused, failure: ServiceFailure): Response | undefined {
  switch (failure) {
    case 'redirect-login':
      return redirectToLogin(refused)
    case 'edge-block':
      return page(403, 'Access denied', 'error code: 1010')
    case 'block-page':
      return page(403, 'Attention Required! | Cloudflare', 'Sorry, you have been blocked')
    case 'timed-out':
      return page(
        522,
        `${refused.application.domain} | 522: Connection timed out`,
        'Connection timed out Error code 522'
      )
    default:
      return undefined
  }
}

/** Makes the service's answer to an admitted caller; `undefined` for a failure of the edge. */
export function failAtService(failure: ServiceFailure): Response | undefined {
  const status = serviceFailures[failure]
  return status === undefined
    ? undefined
    : serviceError(status, failure === 'server-error' ? 'internal_error' : failure)
}

/** Makes an error of the service. */
export function serviceError(status: number, error: string): Response {
  return Response.json({ error }, { status })
}

function forbidden(): Response {
  return page(
    403,
    'Forbidden',
    "You don't have permission to view this. Please contact your system administrator."
  )
}

function redirectToLogin({ application, team, url }: Refused): Response {
  const { pathname, search } = new URL(url)
  const location = new URL(`https://${team}.cloudflareaccess.com/cdn-cgi/access/login/${application.domain}`)
  location.searchParams.set('kid', application.aud)
  location.searchParams.set('redirect_url', pathname + search)
  return new Response(null, {
    status: 302,
    headers: { location: location.href, 'cache-control': 'no-store' }
  })
}

function page(status: number, title: string, text: string): Response {
  const html = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1><p>${text}</p></body></html>\n`
  return new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=UTF-8',
      server: 'cloudflare',
      'cf-ray': '8f00000000000000-FRA'
    }
  })
}
