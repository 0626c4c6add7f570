import { formatDuration, formatInstant, type Clock } from '../kernel/clock.ts'
import type { Reporter } from '../rotation/model/ports.ts'

/** The shortest time between two lines, in milliseconds. */
const INTERVAL_MS = 5_000
/** Fewer rotations end before anybody asks how far they are. */
const MIN_ROTATIONS = 10

/** What {@link Progress} is built from. */
export interface ProgressOptions {
  readonly total: number
  readonly clock: Clock
  readonly reporter: Reporter
}

/** Tells in the log every few seconds how many rotations have ended, and when the last one is expected to. */
export class Progress {
  readonly #options: ProgressOptions
  readonly #begunAt: number
  #saidAt: number
  #done = 0

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#begunAt = options.clock.monotonic()
    this.#saidAt = this.#begunAt
  }

  /** One more rotation has ended. */
  ended(): void {
    this.#done += 1
    this.look()
  }

  /** Writes a line where it is time for one. @param waitMs how long the next rotation waits at least */
  look(waitMs = 0): void {
    const { total, clock, reporter } = this.#options
    const now = clock.monotonic()
    if (total < MIN_ROTATIONS || now - this.#saidAt < INTERVAL_MS) return
    this.#saidAt = now
    reporter.info(`${this.#done} of ${total} rotations have ended${this.#expectation(now, waitMs)}.`)
  }

  #expectation(now: number, waitMs: number): string {
    const { total, clock } = this.#options
    if (this.#done === 0 || this.#done === total) return ''
    const left = ((now - this.#begunAt) / this.#done) * (total - this.#done) + waitMs
    return `; the last one is expected to end in ${formatDuration(left)}, at ${formatInstant(clock.now() + left)}`
  }
}
