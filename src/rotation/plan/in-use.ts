import { formatInstant } from '../../kernel/clock.ts'
import type { CredentialObject } from '../model/ports.ts'
import type { RevokePolicy } from '../model/rotation.ts'

/** An object that a plan means to revoke, and why. */
export interface Revocation {
  readonly object: CredentialObject
  readonly reason: 'replaced' | 'orphan' | 'expired'
}

/** An object in no slot that is left alive, and why, as a sentence. */
export interface Kept {
  readonly object: CredentialObject
  readonly reason: string
  /** Whether it is something else's too, so that not even its name may be touched. */
  readonly elsewhere?: boolean
  /** Whether a slot may hold it whose value could not be read. */
  readonly possiblyHeld?: boolean
}

/** What is known about the use of an old object. Instants and lengths are milliseconds. */
export interface UseWindow {
  /** When its successor was promoted; undefined when it has none yet. */
  readonly successorAt: number | undefined
  /** When runs of this rotation are known to have been at work, as what they made says. */
  readonly runsAt: readonly number[]
  /** How long before and after that such a run may itself have used the old one. */
  readonly allowanceMs: number
  /** Until when this run may have used it itself, by looking at what its slots hold. */
  readonly ownUseUntil: number
}

/** The use of an object that forbids to revoke it, as a sentence; undefined when there is none. */
export function findUseAfterReplacement(
  { lastUsedAt }: CredentialObject,
  policy: RevokePolicy,
  { successorAt, runsAt, allowanceMs, ownUseUntil }: UseWindow
): string | undefined {
  if (policy.inUse === 'ignore' || lastUsedAt === undefined || successorAt === undefined) return undefined
  if (lastUsedAt <= Math.max(successorAt, ownUseUntil)) return undefined
  if (runsAt.some((at) => Math.abs(lastUsedAt - at) <= allowanceMs)) return undefined
  return `it was used at ${formatInstant(lastUsedAt)}, after its successor was promoted: some consumer still holds it`
}
