import type { Env } from './env.ts'
import { askClock } from './http/ask-clock.ts'
import { serveLock } from './http/lock-route.ts'
import { takeReport } from './http/report-route.ts'
import { RequestError } from './http/request-error.ts'
import { answerSlots } from './http/slots-route.ts'
import { servePage, serveStatus } from './http/status-route.ts'

export { RotationClock } from './clock/rotation-clock.ts'
export { RotationLock } from './rotation-lock.ts'
export type { Env } from './env.ts'

type Route = (request: Request, env: Env) => Promise<Response>

export default {
  /** Handles `/locks/<name>`, `/report`, `/slots`, `/status` and `/`. */
  async fetch(request: Request, env: Env): Promise<Response> {
    try {
      return await findRoute(new URL(request.url).pathname)(request, env)
    } catch (thrown) {
      if (thrown instanceof RequestError) return thrown.response()
      console.error(thrown)
      return new RequestError(500, 'internal', 'The coordinator failed; see its logs.').response()
    }
  },

  /** Lets the clock tick, once a minute. */
  async scheduled(_controller: unknown, env: Env): Promise<void> {
    await askClock(env, { kind: 'tick' })
  }
}

function findRoute(path: string): Route {
  switch (path) {
    case '/':
      return servePage
    case '/status':
      return serveStatus
    case '/report':
      return takeReport
    case '/slots':
      return answerSlots
    default:
      if (path.startsWith('/locks/')) return serveLock
      throw new RequestError(
        404,
        'not-found',
        'The only paths are /, /status, /report, /slots and /locks/<name>.'
      )
  }
}
