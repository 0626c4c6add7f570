import { formatInstant } from './clock.ts'
import type { CredentialObject } from './ports.ts'
import type { RevokePolicy } from './rotation.ts'

/** An object that a plan means to revoke, and why. */
export interface Revocation {
  readonly object: CredentialObject
  readonly because: 'replaced' | 'orphan' | 'expired'
}

/** An object in no slot that is left alive, and why, as a sentence. */
export interface Kept {
  readonly object: CredentialObject
  readonly because: string
}

/** What is known about the use of an old object. */
export interface UseWindow {
  /** When its successor was promoted, in milliseconds; undefined when it has none yet. */
  readonly successorAt: number | undefined
  /** How long after that the run that promoted it may itself have used the old one. */
  readonly allowanceMs: number
  /** From when on this run itself may have used it, by verifying what its slots hold. */
  readonly ownUseFrom: number
  /** Until when it may have. */
  readonly ownUseUntil: number
}

/** The use of an object that forbids to revoke it, as a sentence; undefined when there is none. */
export function findForeignUse(
  object: CredentialObject,
  policy: RevokePolicy,
  window: UseWindow
): string | undefined {
  const { lastUsedAt } = object
  if (policy.inUse === 'ignore' || lastUsedAt === undefined || window.successorAt === undefined)
    return undefined
  if (lastUsedAt <= window.successorAt + window.allowanceMs) return undefined
  if (lastUsedAt >= window.ownUseFrom && lastUsedAt <= window.ownUseUntil) return undefined
  return `it was used at ${formatInstant(lastUsedAt)}, after its successor was promoted: some consumer still holds it`
}
