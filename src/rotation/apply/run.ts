import { asRotationError, type RotationError } from '../../kernel/error.ts'
import type { Finding } from '../model/finding.ts'
import { RunLog } from './run-log.ts'
import type { Observation } from '../model/observed-credential.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Plan } from '../plan/plan.ts'
import type { CredentialPort } from '../model/ports.ts'
import type { RotationContext } from '../model/rotation.ts'

/** How one rotation went: what its record, its summary and its alert are made from. */
export interface RotationRun {
  readonly outcome: Outcome
  readonly plan?: Plan
  readonly observation?: Observation
  readonly log: RunLog
  /** Who held the lock, for the outcome `locked`. */
  readonly lockedBy?: string
  /** What it came to, where neither a plan nor a holder of the lock says it. */
  readonly reason?: readonly string[]
  /** Ids of the objects that PRIMARY holds now, by credential, where that is not the one that was made or observed. */
  readonly primaries?: ReadonlyMap<CredentialPort, string>
  /** What `command: check` found. */
  readonly findings?: readonly Finding[]
  readonly error?: RotationError
}

/** How a rotation's steps ended, where they did not fail. */
export type Result = Pick<RotationRun, 'outcome' | 'lockedBy' | 'reason' | 'primaries' | 'findings'>

/** What is known of a rotation by the time at which it ends. */
export interface Progress {
  readonly observation?: Observation
  readonly plan?: Plan
}

/** A rotation under way. */
export interface RunScope {
  readonly log: RunLog
  /** Takes note of what has been found out so far, for a record of a run that fails. */
  readonly update: (known: Progress) => void
}

/**
 * Carries a rotation's steps to their end. Throws nothing: a failure after which all is as it was is `rolled-back`, any other is `failed`, and the
 * ledger says what was done.
 */
export async function runToOutcome(
  context: RotationContext,
  steps: (scope: RunScope) => Promise<Result>
): Promise<RotationRun> {
  const log = new RunLog(context.clock)
  let known: Progress = {}
  try {
    const end = await steps({ log, update: (now) => (known = now) })
    return { ...end, log, ...known }
  } catch (thrown) {
    const outcome = log.wrote && log.unresolved.length === 0 ? 'rolled-back' : 'failed'
    return { outcome, log, error: asRotationError(thrown), ...known }
  }
}
