import type { Clock } from '../kernel/clock.ts'
import { RotationError } from '../kernel/error.ts'
import type { Lease, Lock, LockClaim } from '../rotation/model/lock.ts'

/**
 * No lock, for `lock.type: none`: only the workflow's concurrency group keeps runs apart. A run still works for a limited time, so that others can
 * tell how long it may be running.
 */
export class NoLock implements Lock {
  readonly label = 'no lock'
  readonly #clock: Clock
  readonly #ttlMs: number

  constructor(clock: Clock, ttlMs: number) {
    this.#clock = clock
    this.#ttlMs = ttlMs
  }

  acquire(): Promise<LockClaim> {
    return Promise.resolve({
      state: 'acquired',
      lease: new TimedLease(this.#clock, this.#ttlMs),
      findRival: () => Promise.resolve(undefined)
    })
  }

  findHolder(): Promise<string | undefined> {
    return Promise.resolve(undefined)
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

  /** Whether any time is left. A longer phase may begin too, since nothing can extend the lease. */
  lasts(): boolean {
    return this.#until > this.#clock.monotonic()
  }

  renew(): Promise<void> {
    if (this.lasts()) return Promise.resolve()
    return Promise.reject(
      new RotationError('lease-lost', 'The run took longer than lock.ttl.', {
        hint: 'Set a longer lock.ttl.'
      })
    )
  }

  release(): Promise<void> {
    return Promise.resolve()
  }
}
