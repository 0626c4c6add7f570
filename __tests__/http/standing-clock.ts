import type { Clock } from '../../src/kernel/clock.ts'

/** A clock that stands still but for sleeping, which takes no time at all. */
export interface StandingClock extends Clock {
  /** What was slept, in milliseconds, in order. */
  readonly slept: number[]
  advance(ms: number): void
}

/** Deadlines end only when {@link createStandingClock} is told so by `expireDeadlines`. */
export function createStandingClock({ expireDeadlines = false } = {}): StandingClock {
  let now = Date.UTC(2026, 0, 1)
  const slept: number[] = []
  return {
    slept,
    advance: (ms) => {
      now += ms
    },
    now: () => now,
    monotonic: () => now,
    sleep: (ms) => {
      slept.push(ms)
      now += ms
      return Promise.resolve()
    },
    deadline: () => {
      const controller = new AbortController()
      if (expireDeadlines) queueMicrotask(() => controller.abort())
      return { signal: controller.signal, clear: () => undefined }
    }
  }
}
