import { formatInstant } from '../../kernel/clock.ts'
import type { CredentialObject } from '../model/ports.ts'
import type { RevokePolicy } from '../model/rotation.ts'

/** Planned revocation of an object. */
export interface Revocation {
  readonly object: CredentialObject
  readonly reason: 'replaced' | 'orphan' | 'expired'
}

/** Object in no slot that is not revoked, and the reason as a sentence. */
export interface Kept {
  readonly object: CredentialObject
  readonly reason: string
  /** Whether something else uses it too, so that it may not even be renamed. */
  readonly elsewhere?: boolean
  /** Whether a slot whose value could not be read may hold it. */
  readonly possiblyHeld?: boolean
  /** Whether the run that created it may still be writing its value. */
  readonly unfinished?: boolean
}

/** Known facts about the use of an old object. Instants and lengths are milliseconds. */
export interface UseWindow {
  /** When its successor was promoted; undefined when it has none yet. */
  readonly successorAt: number | undefined
  /** When runs of this rotation are known to have worked, according to the objects they created. */
  readonly runsAt: readonly number[]
  /** How long before and after those times such a run may itself have used the old one. */
  readonly allowanceMs: number
  /** Until when this run may have used it itself, by reading its slots. */
  readonly ownUseUntil: number
}

/** Finds the use that forbids revoking an object, as a sentence; undefined when there is none. */
export function findUseAfterReplacement(
  { lastUsedAt }: CredentialObject,
  policy: RevokePolicy,
  { successorAt, runsAt, allowanceMs, ownUseUntil }: UseWindow
): string | undefined {
  if (policy.inUse === 'ignore' || lastUsedAt === undefined || successorAt === undefined) return undefined
  if (lastUsedAt <= Math.max(successorAt, ownUseUntil)) return undefined
  if (runsAt.some((at) => Math.abs(lastUsedAt - at) <= allowanceMs)) return undefined
  return `it was used at ${formatInstant(lastUsedAt)}, after its successor was promoted: a consumer still holds it`
}
