import { formatInstant, type Clock } from '../kernel/clock.ts'
import { RotationError, withContext } from '../kernel/error.ts'
import type { Lease, Lock, LockClaim } from '../rotation/model/lock.ts'
import { formatOwner, isOurs, type LockOwner } from './lock-owner.ts'
import { instantOf, since, type Instant } from './stopwatch.ts'

/** Holder of a lock, by the clock of its store. */
export interface Holder {
  readonly owner: string
  /** Link to the run. */
  readonly run: string
  readonly remainingMs: number
}

/** Request for a lock. */
export interface Claim {
  readonly owner: string
  readonly run: string
  readonly ttlMs: number
  /** Another owner whose lock may be claimed before it expires. */
  readonly supersedes: string | undefined
}

/** Answer to a claim; the holder is undefined where it has released the lock meanwhile. */
export type ClaimAnswer =
  | { readonly state: 'mine'; readonly fence: number }
  | { readonly state: 'held'; readonly by: Holder | undefined }

/** Claim that was granted; its fence identifies it. */
export interface FencedClaim {
  readonly owner: string
  readonly fence: number
}

/**
 * Store of one lock. Each change is one atomic step, decided by the store's own clock. It may be repeated with no further effect, so a store repeats
 * requests that were not answered. A lease lasts at least as long as requested, counted from that step.
 */
export interface LockStore {
  /** Name in messages. */
  readonly label: string
  /** Reads who holds the lock. */
  findHolder(): Promise<Holder | undefined>
  /** Claims the lock if it is free, already this owner's, or the superseded owner's. Every claim but a repeated one has a greater fence. */
  claim(claim: Claim): Promise<ClaimAnswer>
  /** Extends the lock if exactly that claim still holds it; returns whether it does. */
  renew(claim: FencedClaim, ttlMs: number): Promise<boolean>
  /** Releases the lock if that owner holds it, by exactly that claim where a fence is given; returns whether it did. */
  release(claim: { readonly owner: string; readonly fence?: number }): Promise<boolean>
}

/** Options of every fenced lock. */
export interface FencedLockOptions {
  readonly ttlMs: number
  readonly owner: LockOwner
  /** Link to the run, for people who find the lock held. */
  readonly runUrl: string
  readonly clock: Clock
}

/**
 * Lock that at most one run holds: claims are atomic, and each has a greater fence than those before it. The store is asked before PRIMARY is
 * written, so that a run that was paused for longer than its lease learns of it.
 */
export class FencedLock implements Lock {
  readonly label: string
  readonly #store: LockStore
  readonly #options: FencedLockOptions

  constructor(store: LockStore, options: FencedLockOptions) {
    this.label = store.label
    this.#store = store
    this.#options = options
  }

  async acquire(): Promise<LockClaim> {
    const { clock, owner, ttlMs } = this.#options
    let began = instantOf(clock)
    let answer = await this.#claim(undefined)
    // The job that held it belongs to an attempt of this run that has ended.
    if (answer.state === 'held' && answer.by !== undefined && isOurs(answer.by.owner, owner)) {
      began = instantOf(clock)
      answer = await this.#claim(answer.by.owner)
    }
    if (answer.state === 'held') return { state: 'held', by: this.#describe(answer.by) }
    const claim = { owner: formatOwner(owner), fence: answer.fence }
    return {
      state: 'acquired',
      lease: new FencedLease(this.#store, { ttlMs, clock, claim, began }),
      findRival: () => Promise.resolve(undefined)
    }
  }

  async findHolder(): Promise<string | undefined> {
    const holder = await explain('The lock could not be read', () => this.#store.findHolder())
    if (holder === undefined || isOurs(holder.owner, this.#options.owner)) return undefined
    return this.#describe(holder)
  }

  async reclaim(): Promise<boolean> {
    const owner = formatOwner(this.#options.owner)
    return await explain('The lock could not be released', () => this.#store.release({ owner }))
  }

  #claim(supersedes: string | undefined): Promise<ClaimAnswer> {
    const { owner, runUrl, ttlMs } = this.#options
    return explain('The lock could not be acquired', () =>
      this.#store.claim({ owner: formatOwner(owner), run: runUrl, ttlMs, supersedes })
    )
  }

  #describe(holder: Holder | undefined): string {
    if (holder === undefined) return 'another run, which released it a moment later'
    const end = formatInstant(this.#options.clock.now() + holder.remainingMs)
    return `${holder.run}, until ${end} at the latest`
  }
}

class FencedLease implements Lease {
  readonly #store: LockStore
  readonly #clock: Clock
  readonly #ttlMs: number
  readonly #claim: FencedClaim
  #began: Instant

  constructor(
    store: LockStore,
    {
      clock,
      ttlMs,
      claim,
      began
    }: {
      readonly clock: Clock
      readonly ttlMs: number
      readonly claim: FencedClaim
      /** Time before the claim was sent, so that the lease never ends later here than at its store. */
      readonly began: Instant
    }
  ) {
    this.#store = store
    this.#clock = clock
    this.#ttlMs = ttlMs
    this.#claim = claim
    this.#began = began
  }

  lasts(neededMs: number): boolean {
    return this.#remainingMs() >= Math.min(neededMs, this.#ttlMs / 2)
  }

  /** Renews the lease; an expired lease is lost, even if no other run took the lock. */
  async renew(): Promise<void> {
    this.#requireTime()
    const began = instantOf(this.#clock)
    const mine = await explain('The lock could not be renewed', () =>
      this.#store.renew(this.#claim, this.#ttlMs)
    )
    if (!mine) {
      throw new RotationError(
        'lease-lost',
        `This run has lost the lock: its time ran out, or another run holds it (${this.#store.label}, fence ${this.#claim.fence}).`,
        { hint: 'Set a longer lock.ttl.' }
      )
    }
    this.#began = began
    this.#requireTime()
  }

  async release(): Promise<void> {
    await this.#store.release(this.#claim)
  }

  #remainingMs(): number {
    return this.#ttlMs - since(this.#clock, this.#began)
  }

  #requireTime(): void {
    if (this.#remainingMs() > 0) return
    throw new RotationError(
      'lease-lost',
      `The lock expired while the run was still in progress, at ${formatInstant(this.#clock.now())} at the latest.`,
      { hint: 'Set a longer lock.ttl.' }
    )
  }
}

async function explain<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (thrown) {
    throw withContext(thrown, what)
  }
}
