import type { Clock } from '../kernel/clock.ts'
import { RESERVE, spendingOf, type RateLimiter, type Spending, type TokenRate } from './rate-limiter.ts'
import type { RateWindow } from './rate-window.ts'

/** Options of {@link Turns}. */
export interface TurnsOptions {
  readonly clock: Clock
  readonly limiters: readonly RateLimiter[]
  /** When the work must have ended, in milliseconds since the epoch; left out, there is no end. */
  readonly endsAt?: number | undefined
  /** Aborted when nothing more is to begin: no one waits any longer. */
  readonly cancelled: AbortSignal
}

/** Pieces of work at a time; an interrupted run leaves no more than these half-way. */
const MAX_AT_WORK = 32
/** Pieces of work that begin together, so that they share what each of them has to read afresh. */
const GROUP = 16
/** Time from the beginning of a piece of work to its first write, at least: a limit that ends by then does not hold it up. In milliseconds. */
const LEAD_MS = 3_000
/** How long a piece of work is expected to take until one has ended, in milliseconds. */
const FIRST_DURATION_MS = 120_000
/** The longest wait in one piece, in milliseconds. */
const LOOK_MS = 5_000

/** Calls that a piece of work makes with one token, until one has ended. */
const FIRST_CALLS = 20

/** Lets pieces of work begin so that the rate limits do not stop one that has begun: none waits half-way for a window to end. */
export class Turns {
  readonly #options: TurnsOptions
  readonly #queue: Waiting[] = []
  readonly #atWork = new Set<Piece>()
  readonly #needs = new Map<RateWindow | TokenRate, Mean>()
  #longestMs: number | undefined
  #isLetting = false
  #onEnd: () => void = () => undefined
  #onWait: (ms: number) => void = () => undefined

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** Sets what is called before each wait, with the shortest time that it takes, in milliseconds. */
  onWait(look: (ms: number) => void): void {
    this.#onWait = look
  }

  /** Does the work when its turn has come, in the order in which it was asked for; undefined where it could not end in time. */
  async take<T>(work: () => Promise<T>): Promise<T | undefined> {
    const piece = await new Promise<Piece | undefined>((resolve) => {
      this.#queue.push({ resolve })
      void this.#let()
    })
    if (piece === undefined) return undefined
    try {
      return await spendingOf(piece, work)
    } finally {
      this.#end(piece)
    }
  }

  /** How long it takes at least until so many pieces of work may begin, in milliseconds. */
  #waitOf(wanted: number): number {
    const now = this.#options.clock.now() + LEAD_MS
    let wait = 0
    for (const limiter of this.#options.limiters) {
      for (const rate of limiter.rates) {
        wait = Math.max(wait, this.#waitOfCalls(rate, wanted, now))
        for (const window of rate.windows) {
          const each = this.#needs.get(window)?.value ?? window.limit.perRotation
          const promised = this.#promised(window, each)
          const fitting = Math.max(1, Math.min(wanted, Math.floor((window.limit.units - promised) / each)))
          wait = Math.max(wait, window.waitFor(promised + fitting * each, now))
        }
      }
    }
    return wait
  }

  /** The wait by what the API itself says of a token. */
  #waitOfCalls(rate: TokenRate, wanted: number, now: number): number {
    const each = this.#needs.get(rate)?.value ?? FIRST_CALLS
    const isEnough = rate.remaining - RESERVE >= this.#promised(rate, each) + wanted * each
    return Math.max(rate.pausedUntil - now, isEnough ? 0 : rate.resetAt - now)
  }

  /** What the pieces at work are expected to spend yet. */
  #promised(of: RateWindow | TokenRate, each: number): number {
    let units = 0
    for (const { spent } of this.#atWork) units += Math.max(0, each - (spent.get(of) ?? 0))
    return units
  }

  async #let(): Promise<void> {
    if (this.#isLetting) return
    this.#isLetting = true
    // Everything that asks in the same turn of the event loop belongs to one group.
    await Promise.resolve()
    while (this.#queue.length > 0) await this.#letNext()
    this.#isLetting = false
  }

  async #letNext(): Promise<void> {
    const { wanted, wait } = this.#nextGroup()
    if (this.#isTooLate(wait)) {
      for (const { resolve } of this.#queue.splice(0)) resolve(undefined)
    } else if (wait > 0) {
      await this.#pause(wait)
    } else {
      for (const { resolve } of this.#queue.splice(0, wanted)) {
        const piece = new Piece(this.#options.clock.now())
        this.#atWork.add(piece)
        resolve(piece)
      }
    }
  }

  /** How many may begin next, and in how many milliseconds; Infinity: not before one has ended. */
  #nextGroup(): { readonly wanted: number; readonly wait: number } {
    const wanted = Math.min(this.#queue.length, GROUP)
    if (this.#options.cancelled.aborted) return { wanted, wait: 0 }
    if (this.#atWork.size > MAX_AT_WORK - GROUP) return { wanted, wait: Infinity }
    const wait = this.#waitOf(wanted)
    if (wait <= 0 || this.#atWork.size > 0) return { wanted, wait }
    // Nothing is at work: as many as fit begin now.
    for (let fewer = wanted - 1; fewer > 0; fewer--) {
      if (this.#waitOf(fewer) <= 0) return { wanted: fewer, wait: 0 }
    }
    return { wanted, wait }
  }

  #isTooLate(wait: number): boolean {
    const { clock, endsAt } = this.#options
    const waits = wait === Infinity ? 0 : wait
    return endsAt !== undefined && clock.now() + waits + (this.#longestMs ?? FIRST_DURATION_MS) > endsAt
  }

  /** Waits until a piece of work has ended, or for some time. */
  async #pause(ms: number): Promise<void> {
    const { clock, cancelled } = this.#options
    this.#onWait(ms === Infinity ? 0 : ms)
    const over = new AbortController()
    const ended = new Promise<void>((resolve) => (this.#onEnd = resolve))
    if (ms === Infinity) return await ended
    await Promise.race([ended, clock.sleep(Math.min(ms, LOOK_MS), AbortSignal.any([over.signal, cancelled]))])
    over.abort()
  }

  #end(piece: Piece): void {
    this.#atWork.delete(piece)
    this.#longestMs = Math.max(this.#longestMs ?? 0, this.#options.clock.now() - piece.begunAt)
    for (const [of, units] of piece.spent) {
      const need = this.#needs.get(of) ?? new Mean()
      need.add(units)
      this.#needs.set(of, need)
    }
    this.#onEnd()
  }
}

/** Mean of some numbers. */
class Mean {
  #sum = 0
  #count = 0

  get value(): number {
    return this.#sum / this.#count
  }

  add(one: number): void {
    this.#sum += one
    this.#count += 1
  }
}

interface Waiting {
  readonly resolve: (piece: Piece | undefined) => void
}

/** A piece of work, and what it has spent. */
class Piece implements Spending {
  readonly begunAt: number
  readonly spent = new Map<RateWindow | TokenRate, number>()

  constructor(begunAt: number) {
    this.begunAt = begunAt
  }

  add(rate: TokenRate, window: RateWindow | undefined, units: number): void {
    const of = window ?? rate
    this.spent.set(of, (this.spent.get(of) ?? 0) + units)
  }
}
