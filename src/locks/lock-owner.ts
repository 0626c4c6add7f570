/** Who wants a lock. */
export interface LockOwner {
  readonly runId: string
  readonly attempt: number
  /** Tells jobs of one run apart; kept in the action's state, so that `post` is the same owner as main. */
  readonly nonce: string
}

/** The longest time that a lock is taken for, in milliseconds: one that ends later was not written by a run. */
export const LONGEST_TTL_MS = 24 * 3_600_000

/** An owner as a lock keeps it; holds nothing secret. */
export function formatOwner({ runId, attempt, nonce }: LockOwner): string {
  return `${runId}.${attempt}/${nonce}`
}

/** Whether a lock is this job's, or that of an earlier attempt of this run: an attempt begins only when the one before it has ended. */
export function isOurs(kept: string, owner: LockOwner): boolean {
  if (kept === formatOwner(owner)) return true
  const match = /^(\d+)\.(\d+)\//.exec(kept)
  return match !== null && match[1] === owner.runId && Number(match[2]) < owner.attempt
}
