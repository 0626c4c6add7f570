/** Rate limit of an API: a token may spend so many units in any window of that length. */
export interface RateLimit {
  readonly units: number
  readonly windowMs: number
  /** Units that a call takes. */
  readonly costOf: (method: string) => number
  /** Units that one rotation is expected to take, until one has shown it. */
  readonly perRotation: number
}

/** A call may reach the API later than another that was sent after it; in milliseconds. */
const JITTER_MS = 1_000

/** What one token has spent of one rate limit, counted in a sliding window. */
export class RateWindow {
  readonly limit: RateLimit
  readonly #lengthMs: number
  readonly #spent: Spent[] = []
  #used = 0

  constructor(limit: RateLimit) {
    this.limit = limit
    this.#lengthMs = limit.windowMs + JITTER_MS
  }

  /** Notes that units were spent now. */
  add(units: number, now: number): void {
    if (units === 0) return
    const first = this.#spent.findIndex(({ at }) => at > now - this.#lengthMs)
    const ended = this.#spent.splice(0, first === -1 ? this.#spent.length : first)
    this.#used += units - sum(ended)
    this.#spent.push({ at: now, units })
  }

  /**
   * How long it takes from an instant, now or later, until so many units may be spent, in milliseconds; 0 for at once. More than the limit never fits:
   * then it takes until the window is empty.
   */
  waitFor(units: number, from: number): number {
    let excess = this.#used + Math.min(units, this.limit.units) - this.limit.units
    let wait = 0
    for (const { at, units: freed } of this.#spent) {
      if (excess <= 0) break
      excess -= freed
      wait = at + this.#lengthMs - from
    }
    return Math.max(0, wait)
  }
}

interface Spent {
  readonly at: number
  readonly units: number
}

function sum(spent: readonly Spent[]): number {
  return spent.reduce((total, { units }) => total + units, 0)
}
