import type { VirtualClock } from '../sandbox/clock.ts'
import type { Clock } from '../src/kernel/clock.ts'

/** Clock for whole runs in one process, and a `fetch` whose time-outs it drives. */
export interface SimulatedTime {
  readonly clock: Clock
  /** How far the runner's wall clock is ahead of the others, in milliseconds; may be set at any time, like a clock that is corrected. */
  skewMs: number
  /** Wraps the sandbox's `fetch`, so that a call that hangs meets its deadline. */
  wrapFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch
  /** Reports that some call hangs: the deadlines of calls that stay unanswered begin to count. */
  noticeHang(): void
}

/** Turns of the event loop after which an unanswered call is waiting for time to pass. */
const IDLE_TURNS = 25

interface Waiting {
  readonly at: number
  readonly controller: AbortController
  armed: boolean
}

/**
 * Creates the run's clock from the sandbox's virtual one. A deadline counts only once its call seems to hang: any sooner, virtual time would run
 * ahead of calls that are merely busy.
 */
export function simulateTime(virtual: VirtualClock): SimulatedTime {
  const start = virtual.now()
  const waiting = new Set<Waiting>()
  let next: Waiting | undefined
  const time: SimulatedTime = {
    skewMs: 0,
    clock: {
      now: () => virtual.now() + time.skewMs,
      monotonic: () => virtual.now() - start,
      sleep: (ms, signal) =>
        signal?.aborted === true ? Promise.resolve() : Promise.race([virtual.sleep(ms), aborted(signal)]),
      deadline: (ms) => {
        const controller = new AbortController()
        next = { at: virtual.now() + ms, controller, armed: false }
        return { signal: controller.signal, clear: () => undefined }
      }
    },
    wrapFetch: (fetch) => (input, init) => {
      const call = next
      next = undefined
      if (call === undefined) return fetch(input, init)
      waiting.add(call)
      return fetch(input, init).finally(() => waiting.delete(call))
    },
    noticeHang: () => void armAfterIdling()
  }
  return time

  async function armAfterIdling(): Promise<void> {
    for (let turn = 0; turn < IDLE_TURNS; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    for (const call of waiting) {
      if (call.armed) continue
      call.armed = true
      void virtual.sleep(call.at - virtual.now()).then(() => {
        if (waiting.has(call)) call.controller.abort()
      })
    }
  }
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))
}
