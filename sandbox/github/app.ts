import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { CachingRouter } from '../caching-router.ts'
import { boundPath, dictatedResponse, findOperation, findPathBelow, type Service } from '../service.ts'
import { findCredential, type GithubEnv } from './access.ts'
import { routeApps } from './app-routes.ts'
import { errorBody, GithubError, notFound } from './github-error.ts'
import { routeEnvironments } from './environment-routes.ts'
import { routeIssues } from './issue-routes.ts'
import { routeRuns } from './run-routes.ts'
import { routeSecrets } from './secret-routes.ts'
import { routeWorkflows } from './workflow-routes.ts'
import type { GithubState } from './state.ts'

// GitHub Enterprise serves its API below /api/v3, which a base URL on a loopback port looks like.
const root = { host: 'api.github.com', prefix: '/api/v3', hostPrefix: '' }

// One app for all sandboxes: each call brings the context of its sandbox.
const app = new Hono<GithubEnv>({ getPath: boundPath, router: new CachingRouter() })

app.use(async (c, next) => {
  await next()
  c.res.headers.set('date', new Date(c.env.github.clock.now()).toUTCString())
  c.res.headers.set('x-github-media-type', 'github.v3; format=json')
})
routeSecrets(app)
routeIssues(app)
routeRuns(app)
routeWorkflows(app)
routeEnvironments(app)
routeApps(app)
app.notFound((c) => c.json(errorBody(notFound()), 404))
app.onError((error, c) => {
  if (!(error instanceof GithubError)) throw error
  return c.json(errorBody(error), error.status as ContentfulStatusCode, error.headers)
})

/** Finds the path below GitHub's API root; `undefined` where the URL is not GitHub's. */
export function findGithubPath(url: URL): string | undefined {
  return findPathBelow(url, root)
}

/** Creates GitHub's REST API. */
export function createGithubService(github: GithubState): Service {
  return {
    api: 'github',
    findPath: findGithubPath,
    findOperation: (method, path) => findOperation(app, method, path),
    findActor: (request) => {
      const value = findCredential(request)
      return value === undefined ? undefined : github.findToken(value)?.name
    },
    fetch: (request, bindings) => app.fetch(request, { ...bindings, github }),
    refuse(answer) {
      if (answer === 'success-false') return Response.json({ unexpected: true })
      if ('rateLimit' in answer) {
        const headers = { 'retry-after': String(answer.rateLimit) }
        return refusal(new GithubError(429, 'You have exceeded a secondary rate limit.', { headers }))
      }
      if ('refusal' in answer) {
        const { status, message = 'Refused', headers = {} } = answer.refusal
        return refusal(new GithubError(status, message, { headers }))
      }
      if (answer.body !== undefined) return dictatedResponse(answer)
      return refusal(new GithubError(answer.status, 'Server Error', { headers: answer.headers ?? {} }))
    }
  }
}

function refusal(error: GithubError): Response {
  return Response.json(errorBody(error), { status: error.status, headers: error.headers })
}
