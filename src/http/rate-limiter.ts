import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../kernel/clock.ts'
import { RateWindow, type RateLimit } from './rate-window.ts'

/** Concurrent calls to one API; GitHub and Cloudflare both ask for restraint. */
const MAX_CONCURRENT = 16
/** Calls that are always left unused in a rate-limit window. */
export const RESERVE = 5
/** The longest wait of a call in the middle of a rotation, in milliseconds; a lease must outlast it. */
const MAX_WAIT_MS = 60_000
/** The longest wait of a call while nothing is held, in milliseconds; GitHub's longest window is an hour. */
const MAX_IDLE_WAIT_MS = 3_660_000

/** A call in need of a place. */
export interface RatedCall {
  /** Tells tokens apart: an API counts the calls of each token on its own. */
  readonly key?: string
  readonly method?: string
  readonly signal?: AbortSignal | undefined
}

/** Calls of one token. */
export interface TokenRate {
  readonly windows: readonly RateWindow[]
  /** Calls that are being answered. */
  running: number
  /** What the API itself says is left, and until when, in milliseconds since the epoch. */
  remaining: number
  resetAt: number
  /** No call before this time, in milliseconds since the epoch: the API asked to wait. */
  pausedUntil: number
}

/** Notes what a piece of work spends, see {@link spendingOf}. */
export interface Spending {
  /** @param window undefined for the call itself */
  add(rate: TokenRate, window: RateWindow | undefined, units: number): void
}

const spendings = new AsyncLocalStorage<Spending>()

/** Runs work whose calls, of whatever API, are noted. */
export function spendingOf<T>(spending: Spending, work: () => Promise<T>): Promise<T> {
  return spendings.run(spending, work)
}

/** Keeps the calls to one API within its rate limits: those that are known, and those that the headers of its answers state. */
export class RateLimiter {
  readonly #clock: Clock
  readonly #limits: readonly RateLimit[]
  readonly #rates = new Map<string, TokenRate>()
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(clock: Clock, limits: readonly RateLimit[] = []) {
    this.#clock = clock
    this.#limits = limits
  }

  /** The calls of each token so far. */
  get rates(): Iterable<TokenRate> {
    return this.#rates.values()
  }

  /** Runs one call in its turn; after an abort at once, so that the call can fail as cancelled. */
  async run<T>(call: () => Promise<T>, { key = '', method = 'GET', signal }: RatedCall = {}): Promise<T> {
    const rate = this.#rateOf(key)
    await this.#enter(rate, method, signal)
    try {
      return await call()
    } finally {
      rate.running--
      this.#leave()
    }
  }

  /** Reads the limit from an answer: `Ratelimit: "default";r=50;t=30` of Cloudflare, `x-ratelimit-remaining` and `-reset` of GitHub. */
  update(headers: Headers, key = ''): void {
    const rate = this.#rateOf(key)
    const structured = /;\s*r=(\d+)\s*;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')
    if (structured !== null) {
      rate.remaining = Number(structured[1])
      rate.resetAt = this.#clock.now() + Number(structured[2]) * 1000
      return
    }
    const remaining = headers.get('x-ratelimit-remaining')
    const reset = headers.get('x-ratelimit-reset')
    if (remaining === null || reset === null || !/^\d+$/.test(remaining) || !/^\d+$/.test(reset)) return
    rate.remaining = Number(remaining)
    rate.resetAt = Number(reset) * 1000
  }

  /** Holds back the calls of a token, as an API asks that refused one of them for its rate. */
  pause(forMs: number, key = ''): void {
    const rate = this.#rateOf(key)
    rate.pausedUntil = Math.max(rate.pausedUntil, this.#clock.now() + Math.min(forMs, MAX_WAIT_MS))
  }

  /** Takes a place among the concurrent calls once the limits allow the call; a call that has to wait leaves its place to others. */
  async #enter(rate: TokenRate, method: string, signal: AbortSignal | undefined): Promise<void> {
    const longest = spendings.getStore() === undefined ? MAX_IDLE_WAIT_MS : MAX_WAIT_MS
    const begun = this.#clock.monotonic()
    for (;;) {
      while (this.#running >= MAX_CONCURRENT)
        await new Promise<void>((resolve) => this.#waiting.push(resolve))
      const left = begun + longest - this.#clock.monotonic()
      const wait = Math.min(this.#waitOf(rate, method), left)
      // Noted before anything else can run: two calls must not take the same place.
      if (wait <= 0 || signal?.aborted === true) return this.#spend(rate, method)
      this.#waiting.shift()?.()
      await this.#clock.sleep(wait, signal)
    }
  }

  #waitOf(rate: TokenRate, method: string): number {
    const now = this.#clock.now()
    const isLow = rate.remaining - rate.running - 1 < RESERVE
    return Math.max(
      rate.pausedUntil - now,
      isLow ? rate.resetAt - now : 0,
      ...rate.windows.map((window) => window.waitFor(window.limit.costOf(method), now))
    )
  }

  #spend(rate: TokenRate, method: string): void {
    const now = this.#clock.now()
    const spending = spendings.getStore()
    this.#running++
    rate.running++
    spending?.add(rate, undefined, 1)
    for (const window of rate.windows) {
      const units = window.limit.costOf(method)
      window.add(units, now)
      spending?.add(rate, window, units)
    }
  }

  #leave(): void {
    this.#running--
    this.#waiting.shift()?.()
  }

  #rateOf(key: string): TokenRate {
    let rate = this.#rates.get(key)
    if (rate === undefined) {
      const windows = this.#limits.map((limit) => new RateWindow(limit))
      rate = { windows, running: 0, remaining: Infinity, resetAt: 0, pausedUntil: 0 }
      this.#rates.set(key, rate)
    }
    return rate
  }
}
