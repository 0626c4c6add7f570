import type { CredentialRecord, RotationRecord } from '../../rotation/record/schema.ts'

/**
 * Time until which the consumers of a rotation have a credential that works: an ISO instant, `now` when they have none, undefined when no end is
 * known.
 */
export type Safety = string | undefined

/** Consumers fail now. */
export const NOW = 'now'

/** An end within this time is close, in milliseconds. */
const CLOSE_MS = 24 * 3_600_000

/** Safety of a rotation's consumers at the end of the run. @param endedAt ISO instant */
export function safetyOf(rotation: RotationRecord, endedAt: string): Safety {
  if (rotation.credentials.some(isDead)) return NOW
  return safetyAt(rotation.safeUntil ?? undefined, endedAt)
}

/** Safety at a later time, if nothing has changed since. @param at ISO instant */
export function safetyAt(safety: Safety, at: string): Safety {
  return rank(safety) <= Date.parse(at) ? NOW : safety
}

/** Worst of several. */
export function worstSafety(safeties: readonly Safety[]): Safety {
  return [...safeties].sort((one, other) => rank(one) - rank(other))[0]
}

/** Whether the first is worse than the other. */
export function isWorse(one: Safety, other: Safety): boolean {
  return rank(one) < rank(other)
}

/** Whether consumers fail, or will within a day. @param at ISO instant */
export function isClose(safety: Safety, at: string): boolean {
  return rank(safety) - Date.parse(at) <= CLOSE_MS
}

/** Whether an end has come close, or has passed, between two times. @param since ISO instant, as `at` */
export function cameClose(
  until: string | undefined,
  { since, at }: { readonly since: string; readonly at: string }
): boolean {
  return [CLOSE_MS, 0].some((before) => {
    const threshold = rank(until) - before
    return Date.parse(since) < threshold && threshold <= Date.parse(at)
  })
}

/** Whether no slot of a credential works. A slot that the step was not given does not count: consumers may have it. */
export function isDead({ slots }: CredentialRecord): boolean {
  const held = [slots.primary, slots.secondary].filter((slot) => slot !== null && slot.state !== 'missing')
  return held.length > 0 && held.every((slot) => slot?.state === 'refused' || slot?.state === 'rejected')
}

function rank(safety: Safety): number {
  if (safety === undefined) return Infinity
  return safety === NOW ? -Infinity : Date.parse(safety)
}
