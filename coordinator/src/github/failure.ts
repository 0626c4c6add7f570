import type { GithubFailure } from '../rules/note.ts'

/** Request to GitHub that failed, with what it means for the clock. */
export class GithubRequestError extends Error {
  override readonly name = 'GithubRequestError'
  readonly failure: GithubFailure
  readonly status: number | null

  constructor(failure: GithubFailure, status: number | null = null) {
    super(failure.detail)
    this.failure = failure
    this.status = status
  }
}

/** Classifies an answer that is no success. @param message GitHub's own words */
export function classify(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  { call, message, now }: { readonly call: string; readonly message: string; readonly now: number }
): GithubRequestError {
  const words = message === '' ? '' : `: ${message}`
  const detail = `GitHub answered ${call} with ${status}${words}.`.replace(/\.\.$/, '.')
  const retryAfterMs = findRetryAfter(headers, now)
  const failed = (cause: GithubFailure['cause'], effect: GithubFailure['effect'] = 'none') =>
    new GithubRequestError({ cause, detail, effect, retryAfterMs }, status)
  const isLimit =
    status === 429 || (status === 403 && (retryAfterMs !== null || /rate limit|abuse/i.test(message)))
  if (isLimit) return failed('rate-limited')
  if (status >= 500) return failed('github-down', 'unknown')
  if (status === 401) return failed('key-refused')
  if (status === 403) return failed('permission-missing')
  // A repository that was renamed redirects, and a POST must not follow.
  if (status === 404 || (status >= 300 && status < 400)) return failed('workflow-missing')
  return failed('start-refused')
}

/** Time that GitHub asks to wait, in milliseconds. */
function findRetryAfter(headers: Headers, now: number): number | null {
  const seconds = headers.get('retry-after')
  if (seconds !== null && /^\d{1,9}$/.test(seconds)) return Number(seconds) * 1000
  const reset = headers.get('x-ratelimit-reset')
  if (headers.get('x-ratelimit-remaining') !== '0' || reset === null || !/^\d{1,12}$/.test(reset)) return null
  return Math.max(0, Number(reset) * 1000 - now)
}
