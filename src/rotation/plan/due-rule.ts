import { UNMANAGED_RUN } from '../model/managed-name.ts'
import { findPrimaryObject, type Observation, type ObservedCredential } from '../model/observed-credential.ts'
import type { Rotation } from '../model/rotation.ts'

/** Reason for which a rotation is due. */
export interface DueReason {
  readonly rule:
    | 'contain'
    | 'forced'
    | 'always'
    | 'interval'
    | 'first'
    | 'dead'
    | 'unreadable'
    | 'expiring'
    | 'fallback'
    | 'same'
    | 'disagreement'
    | 'newer'
    | 'unfinished'
  /** Sentence for people. */
  readonly message: string
}

/** Input of the rules. */
export interface DueInput {
  readonly rotation: Rotation
  readonly observation: Observation
  readonly force: boolean
  /** Whether the command is `contain`. */
  readonly contain: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The lock's time to live, in milliseconds; all writes of a run fall within it. */
  readonly leaseMs: number
}

/** Rule that finds reasons for which a rotation is due; independent of the other rules. */
export type DueRule = (input: DueInput) => readonly DueReason[]

/**
 * Whether PRIMARY was created by hand. The first rotation adopts it and writes everything that is missing. As long as PRIMARY holds it, that rotation
 * has not succeeded, whatever name a run has given it.
 */
export function isUnmanaged(observed: ObservedCredential): boolean {
  const object = findPrimaryObject(observed)
  return (
    object !== undefined && (object.managed === undefined || object.managed.runId === UNMANAGED_RUN.runId)
  )
}

/** Applies a rule to each credential separately. */
export function each(
  observation: Observation,
  rule: (observed: ObservedCredential) => DueReason | undefined
): readonly DueReason[] {
  return observation.credentials.flatMap((observed) => rule(observed) ?? [])
}
