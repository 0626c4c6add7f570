/** Owner of a lock. */
export interface LockOwner {
  readonly runId: string
  readonly attempt: number
  /** Distinguishes jobs of one run; kept in the action's state, so that `post` is the same owner as main. */
  readonly nonce: string
}

/** Longest duration of a lock, in milliseconds: a lock that ends later was not written by a run. */
export const LONGEST_TTL_MS = 24 * 3_600_000

/** Formats an owner as a lock stores it, without anything secret. */
export function formatOwner({ runId, attempt, nonce }: LockOwner): string {
  return `${runId}.${attempt}/${nonce}`
}

/** Whether a lock belongs to this job or to an earlier attempt of this run, which has ended: attempts do not overlap. */
export function isOurs(kept: string, owner: LockOwner): boolean {
  if (kept === formatOwner(owner)) return true
  const match = /^(\d+)\.(\d+)\//.exec(kept)
  return match !== null && match[1] === owner.runId && Number(match[2]) < owner.attempt
}
