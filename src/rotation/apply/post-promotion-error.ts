import type { RotationError } from '../../kernel/error.ts'
import type { RunLog } from './run-log.ts'

/** An error after which nothing may be undone: the new values are in place. Its `cause` is what the run fails with. */
export class PostPromotionError extends Error {
  override readonly name = 'RotationFinished'
  readonly failure: RotationError

  constructor(failure: RotationError) {
    super(failure.message, { cause: failure })
    this.failure = failure
  }
}

/** The end of a run that wrote the new values and can't tell for certain that they are everywhere. */
export function promotionUnconfirmed(log: RunLog, failure: RotationError): PostPromotionError {
  log.unresolved.push(
    'The new credentials were written and stay alive; it is not certain that every PRIMARY slot holds them'
  )
  return new PostPromotionError(failure)
}
