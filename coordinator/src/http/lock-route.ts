import { readConfiguration } from '../config/configuration.ts'
import type { Env } from '../env.ts'
import { parseRequest } from '../lock-request.ts'
import { RequestError } from './request-error.ts'
import {
  digestHex,
  findToken,
  isSame,
  isSameHex,
  isToken,
  limitRate,
  notConfigured,
  readBearer,
  refuseToken
} from './tokens.ts'

/** `/locks/<name>`: `GET`, `PUT`, `PATCH` and `DELETE` read, claim, renew and release a lock. */
export async function serveLock(request: Request, env: Env): Promise<Response> {
  const { token, locks } = await authenticate(request, env)
  const name = nameOf(new URL(request.url).pathname)
  if (locks !== 'all' && !locks.some((pattern) => matches(pattern, name)))
    throw new RequestError(403, 'lock-not-allowed', 'This token may not use this lock.')
  await limitRate(env, { route: 'locks', token })
  const order = await parseRequest(request)
  const lock = env.LOCKS.get(env.LOCKS.idFromName(name))
  return await lock.fetch('https://lock/', { method: 'POST', body: JSON.stringify(order) })
}

interface Holder {
  readonly token: string
  readonly locks: 'all' | readonly string[]
}

async function authenticate(request: Request, env: Env): Promise<Holder> {
  const main = findToken(env, 'COORDINATOR_TOKEN')
  const { lockTokens } = readConfiguration(env)
  if (main === undefined && lockTokens.length === 0) throw notConfigured('COORDINATOR_TOKEN')
  const token = readBearer(request)
  const [isMain, digest] = await Promise.all([main !== undefined && isSame(token, main), digestHex(token)])
  if (isMain) return { token, locks: 'all' }
  // Every digest is compared, so that the time does not tell which one it is.
  const own = lockTokens.filter(({ sha256 }) => isSameHex(sha256, digest))
  if (!isToken(token) || own.length === 0) throw await refuseToken(request, env)
  return { token, locks: own.flatMap(({ locks }) => locks) }
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name
}

function nameOf(path: string): string {
  const name = /^\/locks\/([A-Za-z0-9._-]{1,128})$/.exec(path)?.[1]
  if (name !== undefined) return name
  throw new RequestError(
    404,
    'not-found',
    'A lock is at /locks/<name>, with a name of A-Z, a-z, 0-9, ., _ and -.'
  )
}
