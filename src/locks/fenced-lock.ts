import { formatInstant, type Clock } from '../kernel/clock.ts'
import { RotationError, withContext } from '../kernel/error.ts'
import type { Lease, Lock, LockBeginning, LockClaim } from '../rotation/model/ports.ts'
import { formatOwner, isOurs, type LockOwner } from './lock-owner.ts'

/** Who holds a lock now, by the clock of its keeper. */
export interface Holder {
  readonly owner: string
  /** A link to the run. */
  readonly run: string
  readonly remainingMs: number
}

/** A lock as its keeper has it. */
export interface LockReading {
  /** Undefined when it is free. */
  readonly holder: Holder | undefined
  readonly fence: number
  /** For how long, at least, nobody has held it, in milliseconds by the keeper's clock; 0 while somebody does, or where that is not known. */
  readonly freeForMs: number
}

/** What a claim writes. */
export interface Claim {
  readonly owner: string
  readonly run: string
  readonly ttlMs: number
  /** Another owner whose lock may be taken over although it has not ended. */
  readonly supersedes: string | undefined
}

/** What became of a claim; who holds the lock is unknown where that one has given it back meanwhile. */
export type ClaimAnswer =
  | { readonly state: 'mine'; readonly fence: number }
  | { readonly state: 'held'; readonly by: Holder | undefined }

/** A lock as its holder knows it: the fence tells this claim from every other, before and after. */
export interface FencedClaim {
  readonly owner: string
  readonly fence: number
}

/**
 * A place that keeps one lock. Each change is one atomic step, judged by the keeper's own clock, and may be repeated with no further effect, so
 * that a keeper repeats what was not answered. A lock lasts at least as long as it was asked for, counted from when the step was carried out.
 */
export interface LockStore {
  /** How messages name it. */
  readonly label: string
  /** Who holds the lock, and the fence of the last claim that there was; 0 before the first. */
  read(): Promise<LockReading>
  /** Takes the lock if it is free, this owner's already, or the superseded one's. Every claim but a repeated one has a greater fence. */
  claim(claim: Claim): Promise<ClaimAnswer>
  /** Extends the lock if that very claim still holds it; answers whether it does. */
  renew(claim: FencedClaim, ttlMs: number): Promise<boolean>
  /** Frees the lock if that owner holds it, by that very claim where one is named; answers whether it did. */
  release(claim: { readonly owner: string; readonly fence?: number }): Promise<boolean>
}

/** What every fenced lock is made from. */
export interface FencedLockOptions {
  readonly ttlMs: number
  readonly owner: LockOwner
  /** A link to the run, for people who find the lock held. */
  readonly runUrl: string
  readonly clock: Clock
}

/**
 * A lock that one holds at most: claims are atomic, and each has a number that rises. The number is checked with the keeper before each writing
 * phase, so that a run which was held up for longer than its lease finds out before it writes.
 */
export class FencedLock implements Lock {
  readonly label: string
  readonly #keeper: LockStore
  readonly #options: FencedLockOptions

  constructor(keeper: LockStore, options: FencedLockOptions) {
    this.label = keeper.label
    this.#keeper = keeper
    this.#options = options
  }

  /** Only reads: a run that is not due writes nothing. The claim decides, whatever was read here. */
  async begin(): Promise<LockBeginning> {
    const { clock, owner } = this.#options
    const began = instantOf(clock)
    const { holder, fence, freeForMs } = await formatRemaining('The lock could not be read', () =>
      this.#keeper.read()
    )
    if (holder !== undefined && !isOurs(holder.owner, owner)) {
      return { state: 'held', by: this.#describe(holder) }
    }
    return {
      state: 'open',
      complete: () =>
        this.#claim({ earlier: holder?.owner, fence, wasFree: freeForMs > since(clock, began) }),
      abandon: () => Promise.resolve()
    }
  }

  async reclaim(): Promise<boolean> {
    const owner = formatOwner(this.#options.owner)
    return await formatRemaining('The lock could not be given back', () => this.#keeper.release({ owner }))
  }

  async #claim({ earlier, fence: seen, wasFree }: Seen): Promise<LockClaim> {
    const { clock, owner, runUrl, ttlMs } = this.#options
    const began = instantOf(clock)
    const own = formatOwner(owner)
    const answer = await formatRemaining('The lock could not be claimed', () =>
      this.#keeper.claim({
        owner: own,
        run: runUrl,
        ttlMs,
        supersedes: earlier === own ? undefined : earlier
      })
    )
    if (answer.state === 'held') return { state: 'held', by: this.#describe(answer.by) }
    const claim = { owner: own, fence: answer.fence }
    // Every claim of another raises the fence: this one is the next after what was seen, or the same. Before that was seen, some of what the run
    // looked at meanwhile may have been seen already.
    const undisturbed = earlier === own ? answer.fence === seen : wasFree && answer.fence === seen + 1
    return {
      state: 'mine',
      lease: new FencedLease(this.#keeper, { ttlMs, clock, claim, began }),
      undisturbed
    }
  }

  #describe(holder: Holder | undefined): string {
    if (holder === undefined) return 'another run, which gave it back a moment later'
    const end = formatInstant(this.#options.clock.now() + holder.remainingMs)
    return `${holder.run}, until ${end} at the latest`
  }
}

/** What was read before the claim. */
interface Seen {
  /** Who held the lock, where that was an earlier attempt of this run. */
  readonly earlier: string | undefined
  readonly fence: number
  /** Whether nobody held it at any moment of the reading. */
  readonly wasFree: boolean
}

/** The claim is the check of the first writing phase where that one begins within this time of its answer. */
const FRESH_MS = 1_000

class FencedLease implements Lease {
  readonly #keeper: LockStore
  readonly #clock: Clock
  readonly #ttlMs: number
  readonly #claim: FencedClaim
  #began: Instant
  /** When the claim was answered, until it has served as a check. */
  #claimedAt: Instant | undefined

  constructor(
    keeper: LockStore,
    {
      clock,
      ttlMs,
      claim,
      began
    }: {
      readonly clock: Clock
      readonly ttlMs: number
      readonly claim: FencedClaim
      /** Before the claim was sent: so the lease never ends later here than at its keeper. */
      readonly began: Instant
    }
  ) {
    this.#keeper = keeper
    this.#clock = clock
    this.#ttlMs = ttlMs
    this.#claim = claim
    this.#began = began
    this.#claimedAt = instantOf(clock)
  }

  remainingMs(): number {
    return this.#ttlMs - since(this.#clock, this.#began)
  }

  /** Asks the keeper at every phase, and extends the lease by the same step. What has run out is lost, even if nobody took it. */
  async ensure(neededMs: number): Promise<void> {
    this.#requireTime()
    const claimedAt = this.#claimedAt
    this.#claimedAt = undefined
    const enough = this.remainingMs() >= Math.min(neededMs, this.#ttlMs / 2)
    if (claimedAt !== undefined && enough && since(this.#clock, claimedAt) < FRESH_MS) return
    const began = instantOf(this.#clock)
    const mine = await formatRemaining('The lock could not be renewed', () =>
      this.#keeper.renew(this.#claim, this.#ttlMs)
    )
    if (!mine) {
      throw new RotationError(
        'lease-lost',
        `The lock is no longer this run's: its time ran out, or another run holds it (${this.#keeper.label}, fence ${this.#claim.fence}).`,
        { hint: 'Set a longer lock.ttl.' }
      )
    }
    this.#began = began
    this.#requireTime()
  }

  /** There is nothing to find out first: the release itself changes only what is this claim's. */
  prepareRelease(): Promise<() => Promise<void>> {
    return Promise.resolve(async () => {
      await this.#keeper.release(this.#claim)
    })
  }

  #requireTime(): void {
    if (this.remainingMs() > 0) return
    throw new RotationError(
      'lease-lost',
      `The lock expired while the run was still at work, at ${formatInstant(this.#clock.now())} at the latest.`,
      { hint: 'Set a longer lock.ttl.' }
    )
  }
}

interface Instant {
  readonly monotonic: number
  readonly wall: number
}

function instantOf(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), wall: clock.now() }
}

/** The wall clock counts too: the other one may stand still while a machine is paused. */
function since(clock: Clock, { monotonic, wall }: Instant): number {
  return Math.max(clock.monotonic() - monotonic, clock.now() - wall)
}

async function formatRemaining<T>(words: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (thrown) {
    throw withContext(thrown, words)
  }
}
