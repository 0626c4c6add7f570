import { readConfiguration } from '../config/configuration.ts'
import type { Env } from '../env.ts'
import { isAdmitted } from '../status/access.ts'
import { renderStatus } from '../status/page.ts'
import type { Status } from '../status/status.ts'
import { askClock } from './ask-clock.ts'
import { RequestError, requireMethod } from './request-error.ts'
import { findToken, isSame, limitRate, readBearer, readPassword, refuseToken } from './tokens.ts'

const ASSERTION = 'cf-access-jwt-assertion'

/** `GET /status`: the state as JSON. */
export async function serveStatus(request: Request, env: Env): Promise<Response> {
  requireMethod(request, 'GET')
  await admit(request, env)
  const status = await askClock<Status>(env, { kind: 'status' })
  return Response.json(status, { headers: { 'cache-control': 'no-store' } })
}

/** `GET /`: the state as a page. */
export async function servePage(request: Request, env: Env): Promise<Response> {
  requireMethod(request, 'GET')
  await admit(request, env)
  const { html, csp } = renderStatus(await askClock<Status>(env, { kind: 'status' }))
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': csp,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY'
    }
  })
}

/** Admits a person whom Access let in, or the status token. */
async function admit(request: Request, env: Env): Promise<void> {
  const { access } = readConfiguration(env)
  const token = findToken(env, 'STATUS_TOKEN')
  if (access === undefined && token === undefined) {
    throw new RequestError(
      404,
      'not-found',
      'There is no status page here until ACCESS or the secret STATUS_TOKEN is set.'
    )
  }
  const assertion = request.headers.get(ASSERTION)
  if (access !== undefined && assertion !== null && (await isAdmitted(assertion, access))) return
  const given = readBearer(request) || readPassword(request)
  if (token !== undefined && (await isSame(given, token))) {
    await limitRate(env, { route: 'status', token })
    return
  }
  // Browsers ask for a password then: the token.
  throw await refuseToken(request, env, { 'www-authenticate': 'Basic realm="rotation-coordinator"' })
}
