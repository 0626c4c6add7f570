import type { RotationError } from '../../kernel/error.ts'
import type { Ledger } from './run-log.ts'

/** An error after which nothing may be undone: the new values are in place. Its `cause` is what the run fails with. */
export class RotationFinished extends Error {
  override readonly name = 'RotationFinished'
  readonly failure: RotationError

  constructor(failure: RotationError) {
    super(failure.message, { cause: failure })
    this.failure = failure
  }
}

/** The end of a run that wrote the new values and can't tell for certain that they are everywhere. */
export function writtenWithoutProof(ledger: Ledger, failure: RotationError): RotationFinished {
  ledger.left.push(
    'The new credentials were written and stay alive; it is not certain that every PRIMARY slot holds them'
  )
  return new RotationFinished(failure)
}
