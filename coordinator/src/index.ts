import { RequestError, parseRequest } from './lock-request.ts'

export { RotationLock } from './rotation-lock.ts'

/** Bindings of `wrangler.jsonc`, and the secret. */
export interface Env {
  readonly LOCKS: {
    idFromName(name: string): unknown
    get(id: unknown): { fetch(url: string, init: RequestInit): Promise<Response> }
  }
  /** Set with `wrangler secret put`; without it every request is refused. */
  readonly COORDINATOR_TOKEN?: string
}

/** Shortest token, in characters, so that it cannot be guessed. */
const MIN_TOKEN_LENGTH = 32

export default {
  /** Handles `GET`, `PUT`, `PATCH` and `DELETE` of `/locks/<name>`: read, claim, renew, release. */
  async fetch(request: Request, env: Env): Promise<Response> {
    try {
      await authenticate(request, env)
      const name = nameOf(new URL(request.url).pathname)
      const order = await parseRequest(request)
      const lock = env.LOCKS.get(env.LOCKS.idFromName(name))
      return await lock.fetch('https://lock/', { method: 'POST', body: JSON.stringify(order) })
    } catch (thrown) {
      if (thrown instanceof RequestError) return thrown.response()
      console.error(thrown)
      return new RequestError(500, 'internal', 'The coordinator failed; see its logs.').response()
    }
  }
}

async function authenticate(request: Request, { COORDINATOR_TOKEN: token }: Env): Promise<void> {
  if (token === undefined || token.length < MIN_TOKEN_LENGTH) {
    throw new RequestError(
      503,
      'not-configured',
      `The secret COORDINATOR_TOKEN is not set, or shorter than ${MIN_TOKEN_LENGTH} characters.`
    )
  }
  const given = /^Bearer ([\x21-\x7e]{1,1024})$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
  if (!(await isSame(given, token))) throw new RequestError(401, 'unauthorized', 'The token is wrong.')
}

/** Compares digests, which have the same length, in constant time, so that the time reveals nothing about the token. */
async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([digest(one), digest(other)])
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= a[index]! ^ b[index]!
  return difference === 0
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}

function nameOf(path: string): string {
  const name = /^\/locks\/([A-Za-z0-9._-]{1,128})$/.exec(path)?.[1]
  if (name !== undefined) return name
  throw new RequestError(
    404,
    'not-found',
    'The only paths are /locks/<name>, with a name of A-Z, a-z, 0-9, ., _ and -.'
  )
}
