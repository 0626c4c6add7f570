import { asRotationError, type RotationError } from '../../kernel/error.ts'
import type { Finding } from '../model/finding.ts'
import { RunLog } from './run-log.ts'
import type { Observation } from '../model/observed-credential.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Plan } from '../plan/plan.ts'
import type { CredentialPort } from '../model/ports.ts'
import type { RotationContext } from '../model/rotation.ts'

/** Result of running one rotation: the source of its record, summary and alert. */
export interface RotationRun {
  readonly outcome: Outcome
  readonly plan?: Plan
  readonly observation?: Observation
  readonly log: RunLog
  /** Holder of the lock, for the outcome `locked`. */
  readonly lockedBy?: string
  /** Result in sentences, where neither a plan nor a holder of the lock says it. */
  readonly reason?: readonly string[]
  /** Ids of the objects that PRIMARY holds now, by credential, where they were neither created nor observed in PRIMARY. */
  readonly primaries?: ReadonlyMap<CredentialPort, string>
  /** Findings of `command: check`. */
  readonly findings?: readonly Finding[]
  readonly error?: RotationError
}

/** Result of a rotation's steps that did not fail. */
export type Result = Pick<RotationRun, 'outcome' | 'lockedBy' | 'reason' | 'primaries' | 'findings'>

/** Observation and plan so far. */
export interface Progress {
  readonly observation?: Observation
  readonly plan?: Plan
}

/** Running rotation. */
export interface RunScope {
  readonly log: RunLog
  /** Updates the progress, for the record of a run that fails. */
  readonly update: (known: Progress) => void
}

/**
 * Runs a rotation's steps to an outcome. Throws nothing: a failure that was undone completely is `rolled-back`, any other is `failed`, and the run
 * log says what was done.
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
