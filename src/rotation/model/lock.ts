/** Lock of one rotation. */
export interface Lock {
  /** How messages name it. */
  readonly label: string
  /** Takes the lock, unless another run holds it. */
  acquire(): Promise<LockClaim>
  /** Says who else holds the lock, as messages name a holder; undefined when no other run does. Reads only. */
  findHolder(): Promise<string | undefined>
  /** Releases what an earlier process of the same owner left behind; answers whether there was anything. */
  reclaim(): Promise<boolean>
}

/** Answer to {@link Lock.acquire}. */
export type LockClaim =
  | { readonly state: 'held'; readonly by: string }
  | {
      readonly state: 'acquired'
      readonly lease: Lease
      /**
       * Reads the lock back where its store cannot decide between two runs that acquire it at once (Workers KV). Answers the other run when that one
       * has it; everything that only reads may run at the same time.
       */
      findRival(): Promise<string | undefined>
    }

/** Held lock. */
export interface Lease {
  /** Tells, without a call, whether the lease certainly lasts that long, or for half of its time to live where that is shorter. */
  lasts(neededMs: number): boolean
  /**
   * Makes sure that the lease lasts that long, and extends it where it does not. A lock with fencing asks its store each time, so that a run whose
   * clocks stood still learns that it has lost the lock. @throws RotationError `lease-lost`
   */
  renew(neededMs: number): Promise<void>
  /** Frees the lock, unless another run has taken it since. */
  release(): Promise<void>
}
