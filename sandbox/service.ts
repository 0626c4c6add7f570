import type { Hono } from 'hono'
import type { Env } from 'hono/types'
import type { Body } from './body.ts'
import type { OwnFaultAnswer } from './faults.ts'

/** Environment of every route; the path is the one below the API's root. */
export interface CallBindings {
  readonly path: string
  readonly body: Body
  readonly origin: string
}

/** API that the sandbox simulates. */
export interface Service {
  readonly api: string
  /** Finds the path below the API's root; `undefined` where the URL belongs to another service. */
  findPath(url: URL): string | undefined
  findOperation(method: string, path: string): string | undefined
  /** Name of the caller, read without checking its permissions. */
  findActor(request: Request): string | undefined
  fetch(request: Request, bindings: CallBindings): Response | Promise<Response>
  /** Makes this API's answer for a fault that is not a connection fault. */
  refuse(answer: OwnFaultAnswer): Response
}

/** Returns the path without the API's root, wherever that is mounted. */
export function boundPath(_request: Request, options?: { env?: unknown }): string {
  return (options?.env as CallBindings).path
}

/** Finds the method and pattern of the route that would answer. */
export function findOperation<E extends Env>(app: Hono<E>, method: string, path: string): string | undefined {
  const [handlers] = app.router.match(method, path)
  const patterns = handlers.map(([[, route]]) => route.path).filter((pattern) => !pattern.endsWith('*'))
  const pattern = patterns[0]
  return pattern === undefined ? undefined : `${method} ${pattern}`
}

/** Finds the path below the API's root, for its own host or for a prefix on any other host. */
export function findPathBelow(
  url: URL,
  root: { host: string; prefix: string; hostPrefix: string }
): string | undefined {
  const prefix = url.hostname === root.host ? root.hostPrefix : root.prefix
  if (!url.pathname.startsWith(prefix)) return undefined
  if (url.hostname !== root.host && prefix === '') return undefined
  const path = url.pathname.slice(prefix.length)
  return path === '' || path.startsWith('/') ? path || '/' : undefined
}

/** Makes an answer with the body of a fault: an object becomes JSON, text stays as it is. */
export function dictatedResponse(answer: {
  status: number
  headers?: Record<string, string>
  body?: unknown
}): Response {
  const isText = typeof answer.body === 'string'
  const body = answer.body === undefined || isText ? (answer.body ?? null) : JSON.stringify(answer.body)
  const type = isText || answer.body === undefined ? 'text/plain; charset=utf-8' : 'application/json'
  return new Response(body as string | null, {
    status: answer.status,
    headers: { 'content-type': type, ...answer.headers }
  })
}
