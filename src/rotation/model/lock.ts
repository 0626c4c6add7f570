/** Lock of one rotation. */
export interface Lock {
  /** Name in messages. */
  readonly label: string
  /** Takes the lock, unless another run holds it. */
  acquire(): Promise<LockClaim>
  /** Finds another run that holds the lock, as text for messages; undefined when no other run does. Reads only. */
  findHolder(): Promise<string | undefined>
  /** Releases a lock that an earlier process of the same owner left. @returns whether there was one */
  reclaim(): Promise<boolean>
}

/** Result of {@link Lock.acquire}. */
export type LockClaim =
  | { readonly state: 'held'; readonly by: string }
  | {
      readonly state: 'acquired'
      readonly lease: Lease
      /**
       * Reads the lock back where its store cannot decide between two runs that acquire it at once (Workers KV). Returns the other run when that run
       * has the lock. Reads may run at the same time.
       */
      findRival(): Promise<string | undefined>
    }

/** Held lock. */
export interface Lease {
  /** Returns, without a call, whether the lease certainly lasts that long, or for half of its time to live where that is shorter. */
  lasts(neededMs: number): boolean
  /**
   * Makes sure that the lease lasts that long, and extends it where it does not. A lock with fencing asks its store each time, so that a run that was
   * suspended learns that it has lost the lock. @throws RotationError `lease-lost`
   */
  renew(neededMs: number): Promise<void>
  /** Frees the lock, unless another run has taken it since. */
  release(): Promise<void>
}
