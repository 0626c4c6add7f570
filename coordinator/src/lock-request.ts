import { readBounded, TooLargeError } from './http/read-bounded.ts'
import { RequestError } from './http/request-error.ts'

/** Request to one lock, checked before it reaches the Durable Object. */
export type LockRequest =
  | { readonly kind: 'read' }
  | {
      readonly kind: 'claim'
      readonly owner: string
      /** Link to the run, for people who find the lock held. */
      readonly run: string
      readonly ttlMs: number
      /** Another owner whose lock may be claimed before it expires. */
      readonly supersedes: string | undefined
    }
  | { readonly kind: 'renew'; readonly owner: string; readonly fence: number; readonly ttlMs: number }
  | { readonly kind: 'release'; readonly owner: string; readonly fence: number | undefined }

const MAX_BODY_BYTES = 4_096
const MAX_OWNER = 200
const MAX_RUN = 500
const MIN_TTL_MS = 1_000
const MAX_TTL_MS = 86_400_000

/** Parses a request. @throws RequestError that says what is wrong with it */
export async function parseRequest(request: Request): Promise<LockRequest> {
  switch (request.method) {
    case 'GET':
      return { kind: 'read' }
    case 'PUT': {
      const body = await readBody(request)
      return {
        kind: 'claim',
        owner: text(body, 'owner', MAX_OWNER),
        run: text(body, 'run', MAX_RUN),
        ttlMs: whole(body['ttlMs'], 'ttlMs', MIN_TTL_MS, MAX_TTL_MS),
        supersedes: body['supersedes'] === undefined ? undefined : text(body, 'supersedes', MAX_OWNER)
      }
    }
    case 'PATCH': {
      const body = await readBody(request)
      return {
        kind: 'renew',
        owner: text(body, 'owner', MAX_OWNER),
        fence: fenceOf(body['fence']),
        ttlMs: whole(body['ttlMs'], 'ttlMs', MIN_TTL_MS, MAX_TTL_MS)
      }
    }
    case 'DELETE': {
      const query = new URL(request.url).searchParams
      const fence = query.get('fence')
      return {
        kind: 'release',
        owner: text({ owner: query.get('owner') }, 'owner', MAX_OWNER),
        fence: fence === null ? undefined : fenceOf(/^\d{1,16}$/.test(fence) ? Number(fence) : undefined)
      }
    }
    default:
      throw new RequestError(405, 'method-not-allowed', 'A lock takes GET, PUT, PATCH and DELETE.')
  }
}

function text(body: Readonly<Record<string, unknown>>, key: string, longest: number): string {
  const value = body[key]
  if (typeof value === 'string' && value !== '' && value.length <= longest) return value
  throw new RequestError(400, 'bad-request', `${key} must be a text of 1 to ${longest} characters.`)
}

function whole(value: unknown, key: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value
  throw new RequestError(400, 'bad-request', `${key} must be a whole number from ${least} to ${most}.`)
}

function fenceOf(value: unknown): number {
  return whole(value, 'fence', 1, Number.MAX_SAFE_INTEGER)
}

async function readBody(request: Request): Promise<Readonly<Record<string, unknown>>> {
  let body: unknown
  try {
    body = JSON.parse(await readBounded(request.body, MAX_BODY_BYTES))
  } catch (thrown) {
    if (thrown instanceof TooLargeError) throw new RequestError(413, 'too-large', thrown.message)
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>
  throw new RequestError(400, 'bad-request', 'The body must be a JSON object.')
}
