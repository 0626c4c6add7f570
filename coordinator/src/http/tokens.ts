import { findSameToken, MIN_TOKEN_LENGTH } from '../config/configuration.ts'
import type { Env, RouteToken, Secrets } from '../env.ts'
import { RequestError } from './request-error.ts'

/** Finds the token of `Authorization: Bearer …`; empty where there is none. */
export function readBearer(request: Request): string {
  return /^Bearer ([\x21-\x7e]{1,1024})$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
}

/** Finds the password of `Authorization: Basic …`, with which browsers send a token; empty where there is none. */
export function readPassword(request: Request): string {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,2048})$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (encoded === undefined) return ''
  try {
    return /^[^:]*:([\x21-\x7e]{1,1024})$/.exec(atob(encoded))?.[1] ?? ''
  } catch {
    return ''
  }
}

/** Whether a secret is long enough to be a token. */
export function isToken(value: string | undefined): value is string {
  return value !== undefined && value.length >= MIN_TOKEN_LENGTH
}

/** Finds the token of a route; undefined where it is not set, too short, or the same as another route's. */
export function findToken(env: Secrets, name: RouteToken): string | undefined {
  const token = env[name]
  return isToken(token) && findSameToken(env, name) === undefined ? token : undefined
}

/** Makes the error for a token that {@link findToken} does not find. */
export function notConfigured(name: RouteToken): RequestError {
  return new RequestError(
    503,
    'not-configured',
    `The secret ${name} is not set, shorter than ${MIN_TOKEN_LENGTH} characters, or the same as another token.`
  )
}

/** Makes the error for a token that is wrong; 429 for someone who has tried too many. */
export async function refuseToken(
  request: Request,
  { LIMITER: limiter }: Pick<Env, 'LIMITER'>,
  headers: Readonly<Record<string, string>> = {}
): Promise<RequestError> {
  const from = request.headers.get('cf-connecting-ip') ?? 'unknown'
  if (limiter !== undefined && !(await limiter.limit({ key: `wrong:${from}` })).success) return tooMany()
  return new RequestError(401, 'unauthorized', 'The token is wrong.', headers)
}

/** Admits requests with the token of a route, as many a minute as the limiter allows. @throws RequestError */
export async function requireToken(request: Request, env: Env, name: RouteToken): Promise<void> {
  const token = findToken(env, name)
  if (token === undefined) throw notConfigured(name)
  const given = readBearer(request)
  if (!(await isSame(given, token))) throw await refuseToken(request, env)
  await limitRate(env, { route: name, token })
}

/** Limits the rate of one token on one route. @throws RequestError 429 */
export async function limitRate(
  { LIMITER: limiter }: Pick<Env, 'LIMITER'>,
  { route, token }: { readonly route: string; readonly token: string }
): Promise<void> {
  if (limiter === undefined) return
  const key = `${route}:${(await digestHex(token)).slice(0, 16)}`
  if (!(await limiter.limit({ key })).success) throw tooMany()
}

/** Compares digests, which have the same length, in constant time, so that the time reveals nothing about the token. */
export async function isSame(one: string, other: string): Promise<boolean> {
  return isSameHex(await digestHex(one), await digestHex(other))
}

/** Compares two digests in constant time. */
export function isSameHex(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  let difference = 0
  for (let index = 0; index < one.length; index++)
    difference |= one.charCodeAt(index) ^ other.charCodeAt(index)
  return difference === 0
}

/** SHA-256 in hex. */
export async function digestHex(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

function tooMany(): RequestError {
  return new RequestError(429, 'too-many-requests', 'Too many requests; try again in a minute.', {
    'retry-after': '60'
  })
}
