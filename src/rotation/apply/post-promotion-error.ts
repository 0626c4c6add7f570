import { RotationError } from '../../kernel/error.ts'
import type { RunLog } from './run-log.ts'

/** Error after which nothing may be undone, since the new values are in place. The run fails with its `cause`. */
export class PostPromotionError extends Error {
  override readonly name = 'PostPromotionError'
  readonly failure: RotationError

  constructor(failure: RotationError) {
    super(failure.message, { cause: failure })
    this.failure = failure
  }
}

/** Error: the new credential stopped working when the old one was disabled. Everything is restored, unless the command is `contain`. */
export class SuccessorFailed extends RotationError {}

/** Makes the error of a run that wrote the new values and cannot confirm that they are everywhere. */
export function promotionUnconfirmed(log: RunLog, failure: RotationError): PostPromotionError {
  log.unresolved.push(
    'The new credentials were written and remain valid; it is not certain that every PRIMARY slot holds them'
  )
  return new PostPromotionError(failure)
}
