import { Hono } from 'hono'
import { CachingRouter } from '../caching-router.ts'
import { boundPath, dictatedResponse, findOperation, findPathBelow, type Service } from '../service.ts'
import { routeAccessGroups } from './access-group-routes.ts'
import { routeAccessPolicies } from './access-policy-routes.ts'
import { routeAccounts } from './account-routes.ts'
import { routeAccountTokens, routeUserTokens } from './token-routes.ts'
import { findBearer } from './authentication.ts'
import { CloudflareError, noRoute } from './cloudflare-error.ts'
import { routeD1 } from './d1-routes.ts'
import { routeEmail } from './email-routes.ts'
import { refusal, type CloudflareEnv } from './envelope.ts'
import { routeKv } from './kv-routes.ts'
import { routePagesProjects } from './pages-project-routes.ts'
import { tooManyRequests } from './rate-limit.ts'
import { routeSecretsStore } from './secrets-store-routes.ts'
import { routeServiceTokens } from './service-token-routes.ts'
import type { CloudflareState } from './state.ts'
import { routeWorkerScripts } from './worker-script-routes.ts'

const root = { host: 'api.cloudflare.com', prefix: '/client/v4', hostPrefix: '/client/v4' }

// One app for all sandboxes: each call brings the context of its sandbox.
const app = new Hono<CloudflareEnv>({ getPath: boundPath, router: new CachingRouter() })

app.use(async (c, next) => {
  await next()
  c.res.headers.set('date', new Date(c.env.cloudflare.clock.now()).toUTCString())
  for (const [name, value] of Object.entries(c.env.cloudflare.rateLimit.headers(findBearer(c.req.raw)))) {
    c.res.headers.set(name, value)
  }
})
routeAccounts(app)
routeAccountTokens(app)
routeUserTokens(app)
routeSecretsStore(app)
routeKv(app)
routeD1(app)
routeServiceTokens(app)
routeAccessPolicies(app)
routeAccessGroups(app)
routeEmail(app)
routeWorkerScripts(app)
routePagesProjects(app)
app.notFound((c) => refusal(noRoute(c.env.path)))
app.onError((error) => {
  if (error instanceof CloudflareError) return refusal(error)
  throw error
})

/** Creates Cloudflare's v4 API over one account. */
export function createCloudflareService(cloudflare: CloudflareState): Service {
  return {
    api: 'cloudflare',
    findPath: (url) => findPathBelow(url, root),
    findOperation: (method, path) => findOperation(app, method, path),
    findActor: (request) => {
      const value = findBearer(request)
      return value === undefined ? undefined : cloudflare.findToken(value)?.name
    },
    fetch: (request, bindings) => app.fetch(request, { ...bindings, cloudflare }),
    refuse(answer) {
      if (answer === 'success-false') {
        return Response.json({
          success: false,
          errors: [{ code: 10001, message: 'internal error' }],
          messages: [],
          result: null
        })
      }
      if ('rateLimit' in answer) return refusal(tooManyRequests(answer.rateLimit))
      if ('refusal' in answer) {
        const { status, code = 10001, message = '', documentationUrl, headers = {} } = answer.refusal
        return refusal(new CloudflareError(status, { code, message, documentationUrl, headers }))
      }
      if (answer.body !== undefined) return dictatedResponse(answer)
      const refused = new CloudflareError(answer.status, {
        code: 10001,
        message: 'internal error',
        headers: answer.headers ?? {}
      })
      return refusal(refused)
    }
  }
}
