import { MAX_CLOCK_DIFFERENCE_MS, formatDuration, formatInstant, type Clock } from '../kernel/clock.ts'
import { RotationError } from '../kernel/error.ts'

/**
 * Compares the runner's clock with the `Date` of an API's first answer. When it is too far off, that answer and all later ones are refused, so that a run
 * stops before it writes. Later answers are not compared: a clock that is corrected during a run must not stop it halfway.
 */
export class ClockWatch {
  readonly #clock: Clock
  #seen = false
  #error: RotationError | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The error of a wrong clock; undefined while none is known. */
  get error(): RotationError | undefined {
    return this.#error
  }

  /** @throws RotationError `clock` when the runner's clock is too far off */
  check(headers: Headers): void {
    if (!this.#seen) this.#compare(Date.parse(headers.get('date') ?? ''))
    if (this.#error !== undefined) throw this.#error
  }

  #compare(served: number): void {
    if (Number.isNaN(served)) return
    this.#seen = true
    const now = this.#clock.now()
    const skew = now - served
    if (Math.abs(skew) <= MAX_CLOCK_DIFFERENCE_MS) return
    this.#error = new RotationError(
      'clock',
      `The clock of this runner is ${formatDuration(Math.abs(skew))} ${skew < 0 ? 'behind' : 'ahead'}: it says ${formatInstant(now)}, Cloudflare says ${formatInstant(served)}.`,
      { hint: 'Nothing was changed. Set the clock of the runner (NTP), then run again.' }
    )
  }
}
