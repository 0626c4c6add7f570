import type { Clock } from '../kernel/clock.ts'
import { RotationError } from '../kernel/error.ts'
import type { Lease, Lock, LockBeginning } from '../rotation/model/ports.ts'

/** No whole rotation of another run fits into less than this. */
const SHORTEST_TURN_MS = 1_000

/**
 * `lock.type: none`: nothing keeps runs apart but the workflow's concurrency group. A run still works for a limited time only, so that others
 * can tell how long it may be at work.
 */
export class NoLock implements Lock {
  readonly label = 'no lock'
  readonly #clock: Clock
  readonly #ttlMs: number

  constructor(clock: Clock, ttlMs: number) {
    this.#clock = clock
    this.#ttlMs = ttlMs
  }

  begin(): Promise<LockBeginning> {
    const lease = new TimedLease(this.#clock, this.#ttlMs)
    const began = this.#clock.monotonic()
    return Promise.resolve({
      state: 'open',
      complete: () =>
        Promise.resolve({
          state: 'mine',
          lease,
          undisturbed: this.#clock.monotonic() - began < SHORTEST_TURN_MS
        }),
      abandon: () => Promise.resolve()
    })
  }

  reclaim(): Promise<boolean> {
    return Promise.resolve(false)
  }
}

class TimedLease implements Lease {
  readonly #clock: Clock
  readonly #until: number

  constructor(clock: Clock, ttlMs: number) {
    this.#clock = clock
    this.#until = clock.monotonic() + ttlMs
  }

  remainingMs(): number {
    return this.#until - this.#clock.monotonic()
  }

  ensure(): Promise<void> {
    if (this.remainingMs() > 0) return Promise.resolve()
    return Promise.reject(
      new RotationError('lease-lost', 'The run took longer than lock.ttl.', {
        hint: 'Set a longer lock.ttl.'
      })
    )
  }

  prepareRelease(): Promise<() => Promise<void>> {
    return Promise.resolve(() => Promise.resolve())
  }
}
