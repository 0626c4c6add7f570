import { Hono } from 'hono'
import type { Application, ServiceFailure } from '../cloudflare/access-applications.ts'
import type { CloudflareState } from '../cloudflare/state.ts'
import type { Entropy } from '../random.ts'
import { CachingRouter } from '../caching-router.ts'
import { boundPath, dictatedResponse, findOperation, type CallBindings, type Service } from '../service.ts'
import { answerStyleOf, identify, isAdmitted } from './admission.ts'
import { failAtEdge, failAtService, refuseEntry, serviceError } from './refusals.ts'
import { routeShares } from './share-routes.ts'

/** Admitted caller, as the service reads it from the assertion. */
export interface Session {
  readonly clientId: string | undefined
  readonly expiresAt: number
}

/** Context of the protected service's routes. */
export interface ProtectedEnv {
  Bindings: CallBindings & {
    readonly cloudflare: CloudflareState
    readonly newId: () => string
    readonly newCookie: () => string
  }
  Variables: { application: Application; session: Session }
}

const sessionMs = 86_400_000
const loopbackPrefix = '/service/'

// One app for all sandboxes: each call brings the context of its sandbox.
const app = new Hono<ProtectedEnv>({ getPath: boundPath, router: new CachingRouter() })

app.use('/:app/*', async (c, next) => {
  const { access, clock } = c.env.cloudflare
  const application = access.applications.findBySlug(c.req.param('app'))
  if (application === undefined) return serviceError(404, 'application_not_found')
  const now = clock.now()
  const failure = failureOf(application, c.req.raw)
  const refused = { application, team: access.team, url: c.req.url }
  const blocked = failure === undefined ? undefined : failAtEdge(refused, failure)
  if (blocked !== undefined) return blocked
  let session = findSession(application, c.req.raw, now)
  if (session === undefined) {
    const caller = identify(access, c.req.raw, now)
    if (!isAdmitted(access, { application, caller, now })) {
      const style = answerStyleOf(access, application, now)
      return refuseEntry(refused, { style, isValid: caller.tokenId !== undefined })
    }
    session = {
      clientId: caller.tokenId === undefined ? undefined : caller.clientId,
      expiresAt: now + sessionMs
    }
    if (session.clientId !== undefined) {
      const cookie = c.env.newCookie()
      application.sessions.set(cookie, { clientId: session.clientId, expiresAt: session.expiresAt })
      c.header('set-cookie', `CF_Authorization=${cookie}; Path=/; Secure; HttpOnly; SameSite=None`)
    }
  }
  const failed = failure === undefined ? undefined : failAtService(failure)
  if (failed !== undefined) return failed
  c.set('application', application)
  c.set('session', session)
  return await next()
})
routeShares(app)
app.notFound(() => serviceError(404, 'not_found'))

/** Creates the services behind Access, each at the host of its application and at `/service/<slug>` on any other host. */
export function createProtectedService(cloudflare: CloudflareState, entropy: Entropy): Service {
  return {
    api: 'service',
    findPath(url) {
      const application = cloudflare.access.applications.findByHost(url.hostname)
      if (application !== undefined) return `/${application.slug}${url.pathname}`
      return url.pathname.startsWith(loopbackPrefix)
        ? url.pathname.slice(loopbackPrefix.length - 1)
        : undefined
    },
    findOperation: (method, path) => findOperation(app, method, path),
    findActor: (request) => {
      const clientId = request.headers.get('cf-access-client-id')
      return clientId === null ? undefined : cloudflare.access.serviceTokens.findByClientId(clientId)?.name
    },
    fetch: (request, bindings) =>
      app.fetch(request, {
        ...bindings,
        cloudflare,
        newId: () => entropy.hex(24),
        newCookie: () => `eyJhbGciOiJSUzI1NiJ9.${entropy.text(64)}.${entropy.text(64)}`
      }),
    refuse(answer) {
      if (answer === 'success-false') return Response.json({ error: 'internal_error' })
      if ('rateLimit' in answer) {
        return dictatedResponse({
          status: 429,
          headers: { 'retry-after': String(answer.rateLimit) },
          body: { error: 'rate_limited' }
        })
      }
      if ('refusal' in answer) {
        const { status, message = 'refused', headers = {} } = answer.refusal
        return dictatedResponse({ status, headers, body: { error: message } })
      }
      return dictatedResponse(answer)
    }
  }
}

function failureOf({ failure }: Application, request: Request): ServiceFailure | undefined {
  if (typeof failure !== 'function') return failure
  return failure(request.headers.get('cf-access-client-id') ?? undefined)
}

function findSession(application: Application, request: Request, now: number): Session | undefined {
  const cookie = /(?:^|;\s*)CF_Authorization=([^;]+)/.exec(request.headers.get('cookie') ?? '')?.[1]
  const session = cookie === undefined ? undefined : application.sessions.get(cookie)
  return session !== undefined && session.expiresAt > now ? session : undefined
}
