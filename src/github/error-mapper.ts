import { isMarkup, type ErrorMapper, type FailedAnswer, type ReceivedAnswer } from '../http/error-mapper.ts'
import { RateLimited } from '../http/rate-limited.ts'
import { RotationError, type ErrorCode } from '../kernel/error.ts'

/** Errors of GitHub's API: a status, a `message`, and a header that names the missing permission. */
export const githubErrorMapper: ErrorMapper = {
  api: 'GitHub',
  setting: 'GITHUB_API_URL',
  isOwn,
  isFailure: () => false,
  translate
}

/** Tells whether an answer came from GitHub's API: a failure has a `message`, and a success is not a web page. */
function isOwn(answer: ReceivedAnswer): boolean {
  const { call, headers, body } = answer
  if (headers.has('cf-mitigated')) return false
  if ((call.status ?? 0) >= 300)
    return typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string'
  return !isMarkup(answer)
}

function translate({ call, headers, body, effect, retryAfterMs }: FailedAnswer): RotationError {
  const status = call.status ?? 0
  const said = messageOf(body)
  if (status === 429 || (status === 403 && isRateLimit(headers, said)))
    return new RateLimited('GitHub', { call, retryAfterMs })
  const wanted = headers.get('x-accepted-github-permissions')
  const message = `GitHub answered ${call.method} ${call.path} with ${status}${said === '' ? '' : `: ${said}`}.`
  const { code, hint } = explain(status, wanted)
  return new RotationError(code, message, { call, effect, retryable: status >= 500, hint })
}

function explain(status: number, wanted: string | null): { code: ErrorCode; hint?: string } {
  const missing = wanted === null || wanted === '' ? '' : ` It needs: ${wanted}.`
  switch (status) {
    case 401:
      return { code: 'refused', hint: 'The GitHub token is not valid or has expired: give a new one.' }
    case 403:
      return {
        code: 'permission',
        hint: `The GitHub token may not do this.${missing} GITHUB_TOKEN can never write secrets: use a GitHub App token or a fine-grained personal access token.`
      }
    case 404:
      return {
        code: 'not-found',
        hint: `Check the repository, environment or organization; a token that may not see it gets the same answer.${missing}`
      }
    case 301:
    case 307:
    case 308:
      return { code: 'not-found', hint: 'The repository was renamed or moved: use its new name.' }
    case 410:
      return {
        code: 'not-found',
        hint: 'Issues are disabled in this repository: enable them, or set alert.repository.'
      }
    default:
      return status >= 500 || status < 400
        ? { code: 'bad-answer', hint: 'GitHub had a problem: run again later.' }
        : { code: 'bad-input' }
  }
}

/** Tells whether a 403 is a secondary rate limit: it has a wait, or a message that says so. */
function isRateLimit(headers: Headers, said: string): boolean {
  return (
    headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0' || /rate limit/i.test(said)
  )
}

function messageOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('message' in body)) return ''
  return typeof body.message === 'string' ? body.message.slice(0, 300) : ''
}
