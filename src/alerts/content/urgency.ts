import type { CredentialRecord, RotationRecord } from '../../rotation/record/schema.ts'

/**
 * Until when the consumers of a rotation have a credential that works: an ISO instant, `now` when they have none, undefined when no end is
 * known.
 */
export type Safety = string | undefined

/** Consumers fail. */
export const NOW = 'now'

/** Less than this is close, in milliseconds. */
const CLOSE_MS = 24 * 3_600_000

/** How safe the consumers of a rotation are at the end of the run, which is given as an ISO instant. */
export function safetyOf(rotation: RotationRecord, endedAt: string): Safety {
  if (rotation.credentials.some(isDead)) return NOW
  return safetyAt(rotation.safeUntil ?? undefined, endedAt)
}

/** What it is at a later, ISO instant, if nothing has changed since. */
export function safetyAt(safety: Safety, at: string): Safety {
  return rank(safety) <= Date.parse(at) ? NOW : safety
}

/** The worst of several. */
export function worstSafety(safeties: readonly Safety[]): Safety {
  return [...safeties].sort((one, other) => rank(one) - rank(other))[0]
}

/** Whether one is worse than the other. */
export function isWorse(one: Safety, other: Safety): boolean {
  return rank(one) < rank(other)
}

/** Whether consumers fail, or will within a day of that ISO instant. */
export function isClose(safety: Safety, at: string): boolean {
  return rank(safety) - Date.parse(at) <= CLOSE_MS
}

/** Whether neither slot of a credential works. That a step was given none says nothing of what consumers have. */
export function isDead({ slots }: CredentialRecord): boolean {
  const held = [slots.primary, slots.secondary].filter((slot) => slot !== null && slot.state !== 'missing')
  return held.length > 0 && held.every((slot) => slot?.state === 'refused' || slot?.state === 'rejected')
}

function rank(safety: Safety): number {
  if (safety === undefined) return Infinity
  return safety === NOW ? -Infinity : Date.parse(safety)
}
