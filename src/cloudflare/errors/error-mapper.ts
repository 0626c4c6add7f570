import type { ErrorMapper, FailedAnswer } from '../../http/error-mapper.ts'
import { RateLimited } from '../../http/rate-limited.ts'
import { RotationError, type ErrorCode, type FailedCall } from '../../kernel/error.ts'
import { errorsOf, isOwnAnswer, type ErrorEntry } from './envelope.ts'
import { API_CODES, findMeaning, isUnsentMail } from './error-codes.ts'
import { findNeededPermission } from './needed-permission.ts'

/**
 * Errors of Cloudflare's API: a v4 envelope with `success` and `errors`, whose `messages` decide nothing. JSON without an envelope is not a
 * success either: the SDK would read properties of `null`.
 */
export const cloudflareErrorMapper: ErrorMapper = {
  api: 'Cloudflare',
  setting: 'cloudflare-api-url',
  alwaysHasBody: true,
  isOwn: isOwnAnswer,
  isFailure: (body) =>
    body !== undefined &&
    (typeof body !== 'object' || body === null || ('success' in body && body.success !== true)),
  translate
}

/** Routes that only tokens of a user can call: an account token is answered as if it were no token. */
const USER_PATH = /\/user\/tokens\b/

/** Tells whether a call was refused because the value does not have the form of a token. */
export function isMalformedToken(error: RotationError): boolean {
  return error.call?.apiCode === API_CODES.malformedHeader
}

function translate(failure: FailedAnswer): RotationError {
  const { call, body } = failure
  const [first] = errorsOf(body)
  const named: FailedCall = first?.code === undefined ? call : { ...call, apiCode: first.code }
  const status = call.status ?? 0
  if (status === 429 || first?.code === 971)
    return new RateLimited('Cloudflare', { call: named, retryAfterMs: failure.retryAfterMs })
  const meaning = first?.message || findMeaning(first?.code, call.path) || ''
  const said = first === undefined ? '' : `: ${first.label} ${meaning}`.trimEnd()
  const code = codeFor(status, first)
  return new RotationError(
    code,
    `Cloudflare answered ${call.method} ${call.path} with ${status}${said.replace(/\.$/, '')}.`,
    {
      call: named,
      effect: isUnsentMail(first?.code, call.path) ? 'not-applied' : failure.effect,
      retryable: code === 'bad-answer',
      hint: describeHint(code, call.path, first)
    }
  )
}

function codeFor(status: number, first: ErrorEntry | undefined): ErrorCode {
  if (status === 401 && first?.code === API_CODES.invalidToken) return 'refused'
  if (status === 401 || status === 403 || isBeyondCreator(first)) return 'permission'
  if (status === 404) return 'not-found'
  if (status >= 500 || status < 300 || status === 408) return 'bad-answer'
  return 'bad-input'
}

/** Tells whether a creation asked for permissions that its token does not have: 400 with code 1001, and words that only this case has. */
function isBeyondCreator(first: ErrorEntry | undefined): boolean {
  return first?.code === 1001 && /permission check/i.test(first.message)
}

function describeHint(code: ErrorCode, path: string, first: ErrorEntry | undefined): string | undefined {
  const hint = findHint(code, path, first)
  const page = first?.documentationUrl
  const parts = [hint ?? [], page === undefined ? [] : `Cloudflare's documentation: ${page}`].flat()
  return parts.length === 0 ? undefined : parts.join(' ')
}

function findHint(code: ErrorCode, path: string, first: ErrorEntry | undefined): string | undefined {
  if (isBeyondCreator(first))
    return 'The token that creates others can grant only permissions that it holds itself, on resources that it may see: give it the same permissions on the same account and zones, or state narrower `permissions`.'
  switch (code) {
    case 'refused':
      return USER_PATH.test(path)
        ? 'Check the token: it is not known, not active, or expired; or it is an account API token, which cannot be used here: use a user API token.'
        : 'Check the token: it is not known, not active, or expired.'
    case 'permission':
      return first?.code === 9109
        ? `Check that account-id is the account of the token, that the token has ${describePermission(path)} and that its client IP filter allows this runner.`
        : `Give the token ${describePermission(path)} on this account, and check its client IP filter.`
    case 'not-found':
      return 'Check the ids in the configuration.'
    case 'bad-answer':
      return 'Cloudflare had a problem: run again later.'
    default:
      return first?.code === API_CODES.malformedHeader
        ? 'The value does not have the form of a token: set the secret again, the token alone, without quotes, spaces or a line break.'
        : undefined
  }
}

function describePermission(path: string): string {
  const permission = findNeededPermission(path)
  return permission === undefined
    ? 'the permission that this call needs,'
    : `the permission "${permission}" (the dashboard may say Edit)`
}
