import { RateLimited, type ErrorDialect, type FailedAnswer } from '../http/api-fetch.ts'
import { RotationError, type ErrorCode, type FailedCall } from '../rotation/error.ts'
import { findMeaning } from './error-codes.ts'
import { findNeededPermission } from './needed-permission.ts'

interface ErrorEntry {
  readonly code: number
  readonly message: string
}

/**
 * How Cloudflare's API says that something went wrong: a v4 envelope with `success` and `errors`; its `messages` decide nothing. JSON that is no
 * envelope at all is no success either: the SDK would read properties of `null`.
 */
export const cloudflareDialect: ErrorDialect = {
  api: 'Cloudflare',
  alwaysHasBody: true,
  isFailure: (body) =>
    body !== undefined &&
    (typeof body !== 'object' || body === null || ('success' in body && body.success !== true)),
  translate
}

function translate({ call, headers, body, effect }: FailedAnswer): RotationError {
  const [first] = errorsOf(body)
  const named: FailedCall = first === undefined ? call : { ...call, apiCode: first.code }
  const status = call.status ?? 0
  if (status === 429 || first?.code === 971) return new RateLimited('Cloudflare', named, headers)
  const said =
    first === undefined ? '' : `: ${first.code} ${first.message || findMeaning(first.code) || ''}`.trimEnd()
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
        hint: `Give the token ${describePermission(call.path)} on this account, and check its client IP filter.`
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

function describePermission(path: string): string {
  const permission = findNeededPermission(path)
  return permission === undefined
    ? 'the permission that this call needs,'
    : `the permission "${permission}" (the dashboard may say Edit)`
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
