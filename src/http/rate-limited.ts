import { RotationError } from '../kernel/error.ts'
import type { FailedAnswer } from './error-mapper.ts'

/** A call refused for its rate: it was not carried out, and must not be made again before the wait that the API asks for. */
export class RateLimited extends RotationError {
  constructor(api: string, { call, retryAfterMs }: Pick<FailedAnswer, 'call' | 'retryAfterMs'>) {
    const wait = retryAfterMs === undefined ? '' : ` It asks to wait ${Math.ceil(retryAfterMs / 1000)} s.`
    super('rate-limited', `${api} refused ${call.method} ${call.path}: too many requests.${wait}`, {
      hint: 'Run again later; if it happens often, another program uses the same token up.',
      retryable: true,
      call
    })
  }
}
