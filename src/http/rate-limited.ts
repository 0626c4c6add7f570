import { RotationError } from '../kernel/error.ts'
import type { FailedAnswer } from './error-mapper.ts'

/** Call refused by a rate limit: it was not applied, and must not be repeated before the wait that the API asks for. */
export class RateLimited extends RotationError {
  constructor(api: string, { call, retryAfterMs }: Pick<FailedAnswer, 'call' | 'retryAfterMs'>) {
    const wait = retryAfterMs === undefined ? '' : ` It asks to wait ${Math.ceil(retryAfterMs / 1000)} s.`
    super('rate-limited', `${api} refused ${call.method} ${call.path}: too many requests.${wait}`, {
      hint: 'Run again later. If it happens often, another program uses up the rate limit of this token.',
      retryable: true,
      call
    })
  }
}
