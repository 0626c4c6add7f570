import { RateLimited, type ErrorDialect, type FailedAnswer } from '../http/api-fetch.ts'
import { RotationError, type ErrorCode, type FailedCall } from '../rotation/error.ts'

/** What Cloudflare's error codes mean, as far as this program needs them; collected from Cloudflare's documentation and from reports. */
const MEANINGS: Readonly<Record<number, string>> = {
  1000: 'invalid API token',
  1001: 'the request was not valid, or a thing it names does not exist',
  1003: 'not found, or a name that is already taken',
  6003: 'malformed Authorization header',
  7003: 'no such account or route',
  9109: 'the token is not valid here, or its IP filter blocks this runner',
  10000: 'the token lacks a permission',
  10009: 'the key does not exist',
  10013: 'the namespace does not exist',
  10502: 'too many failed authentications'
}

interface ErrorEntry {
  readonly code: number
  readonly message: string
}

/** How Cloudflare's API says that something went wrong: a v4 envelope with `success` and `errors`; its `messages` decide nothing. */
export const cloudflareDialect: ErrorDialect = {
  api: 'Cloudflare',
  isFailure: (body) =>
    typeof body === 'object' && body !== null && 'success' in body && body.success !== true,
  translate
}

function translate({ call, headers, body, effect }: FailedAnswer): RotationError {
  const [first] = errorsOf(body)
  const named: FailedCall = first === undefined ? call : { ...call, apiCode: first.code }
  const status = call.status ?? 0
  if (status === 429 || first?.code === 971) return new RateLimited('Cloudflare', named, headers)
  const said =
    first === undefined ? '' : `: ${first.code} ${first.message || MEANINGS[first.code] || ''}`.trimEnd()
  const message = `Cloudflare answered ${call.method} ${call.path} with ${status}${said}.`
  const details = { call: named, effect }
  const code = codeFor(status, first)
  switch (code) {
    case 'refused':
      return new RotationError(code, message, {
        ...details,
        hint: 'Check the token: it is not known, not active, or expired.'
      })
    case 'permission':
      return new RotationError(code, message, {
        ...details,
        hint: 'Give the token the permission that this call needs, on this account, and check its client IP filter.'
      })
    case 'not-found':
      return new RotationError(code, message, { ...details, hint: 'Check the ids in the configuration.' })
    case 'bad-answer':
      return new RotationError(code, message, {
        ...details,
        retryable: true,
        hint: 'Cloudflare had trouble; run again later.'
      })
    default:
      return new RotationError(code, message, details)
  }
}

function codeFor(status: number, first: ErrorEntry | undefined): ErrorCode {
  if (status === 401) return 'refused'
  if (first?.code === 1000 || first?.code === 6003) return 'refused'
  if (status === 403) return 'permission'
  if (status === 404) return 'not-found'
  if (status >= 500 || status < 300) return 'bad-answer'
  return 'bad-input'
}

function errorsOf(body: unknown): readonly ErrorEntry[] {
  if (typeof body !== 'object' || body === null || !('errors' in body) || !Array.isArray(body.errors))
    return []
  return body.errors.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('code' in entry) || typeof entry.code !== 'number')
      return []
    const message = 'message' in entry && typeof entry.message === 'string' ? entry.message.slice(0, 300) : ''
    return [{ code: entry.code, message }]
  })
}
