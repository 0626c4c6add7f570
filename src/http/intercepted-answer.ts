import { RotationError } from '../kernel/error.ts'
import { isMarkup, type ErrorMapper, type ReceivedAnswer } from './error-mapper.ts'

/**
 * The error for an answer from between the runner and the API: a firewall's page, a challenge, a proxy or a login page. It says nothing
 * about tokens, permissions or what exists, nor whether the call was applied.
 */
export function interceptedAnswer({ api, setting }: ErrorMapper, answer: ReceivedAnswer): RotationError {
  const { call } = answer
  const name = api.replace(/^The /, 'the ')
  return new RotationError(
    'intercepted',
    `Something between the runner and ${name} answered ${call.method} ${call.path} with ${call.status ?? 'no status'} (${describe(answer)}).`,
    {
      hint: `${api} itself did not answer. Look for a proxy, a firewall or a bot challenge that stops the runner, and check ${setting}.`,
      retryable: true,
      effect: 'unknown',
      call
    }
  )
}

/** Describes an answer without quoting it: a page may repeat the request. */
function describe(answer: ReceivedAnswer): string {
  const { headers, text, body } = answer
  if (headers.get('cf-mitigated') === 'challenge') return 'a challenge'
  if (text === '') return 'nothing in it'
  if (body !== undefined) return 'JSON of something else'
  return isMarkup(answer) ? 'a web page' : 'a text'
}
