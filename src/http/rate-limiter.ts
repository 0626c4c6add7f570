import type { Clock } from '../kernel/clock.ts'

/** Concurrent calls to one API; GitHub and Cloudflare both ask for restraint. */
const MAX_CONCURRENT = 16
/** Calls that are always left unused in a rate-limit window. */
const RESERVE = 5
/** The longest wait for a rate-limit window, in milliseconds; Cloudflare's window is five minutes. */
const MAX_WAIT_MS = 60_000

/** Keeps the calls to one API within its rate limit, which it reads from the headers of the answers. */
export class RateLimiter {
  readonly #clock: Clock
  #running = 0
  readonly #waiting: (() => void)[] = []
  #remaining = Number.POSITIVE_INFINITY
  #resetAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs one call in its turn; after an abort at once, so that the call can fail as cancelled. */
  async run<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#running >= MAX_CONCURRENT) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#running++
    try {
      const wait = this.#resetAt - this.#clock.now()
      if (this.#remaining - this.#running < RESERVE && wait > 0) {
        await this.#clock.sleep(Math.min(wait, MAX_WAIT_MS), signal)
      }
      return await call()
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }

  /** Reads the limit from an answer: `Ratelimit: "default";r=50;t=30` of Cloudflare, `x-ratelimit-remaining` and `-reset` of GitHub. */
  update(headers: Headers): void {
    const structured = /;\s*r=(\d+)\s*;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')
    if (structured !== null) {
      this.#remaining = Number(structured[1])
      this.#resetAt = this.#clock.now() + Number(structured[2]) * 1000
      return
    }
    const remaining = headers.get('x-ratelimit-remaining')
    const reset = headers.get('x-ratelimit-reset')
    if (remaining === null || reset === null || !/^\d+$/.test(remaining) || !/^\d+$/.test(reset)) return
    this.#remaining = Number(remaining)
    this.#resetAt = Number(reset) * 1000
  }
}
