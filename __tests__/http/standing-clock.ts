import type { Clock } from '../../src/kernel/clock.ts'

/** Clock that moves only by `advance` and by sleeps, which return at once. */
export interface StandingClock extends Clock {
  /** Durations of the sleeps in order, in milliseconds. */
  readonly slept: number[]
  advance(ms: number): void
}

/** Creates a standing clock. Its deadlines expire only with `expireDeadlines`. */
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
