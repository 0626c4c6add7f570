import type { VirtualClock } from '../sandbox/clock.ts'
import type { Clock } from '../src/rotation/clock.ts'

/** A clock for whole runs in one process, and a `fetch` whose time-outs it drives. */
export interface SimulatedTime {
  readonly clock: Clock
  /** Wraps the sandbox's `fetch`, so that a call which hangs meets its deadline. */
  watch(fetch: typeof globalThis.fetch): typeof globalThis.fetch
}

/** A call that is not answered after so many turns of the event loop is waiting for time to pass. */
const IDLE_TURNS = 25

/**
 * Makes the run's clock out of the sandbox's virtual one. A deadline counts only once its call seems to hang: registered any sooner, it would
 * make virtual time run ahead of calls that are merely busy.
 */
export function simulateTime(virtual: VirtualClock): SimulatedTime {
  const start = virtual.now()
  let armed: { readonly at: number; readonly controller: AbortController } | undefined
  return {
    clock: {
      now: () => virtual.now(),
      monotonic: () => virtual.now() - start,
      sleep: (ms, signal) =>
        signal?.aborted === true ? Promise.resolve() : Promise.race([virtual.sleep(ms), aborted(signal)]),
      deadline: (ms) => {
        const controller = new AbortController()
        armed = { at: virtual.now() + ms, controller }
        return { signal: controller.signal, clear: () => undefined }
      }
    },
    watch: (fetch) => (input, init) => {
      const deadline = armed
      armed = undefined
      let settled = false
      const answer = fetch(input, init).finally(() => {
        settled = true
      })
      if (deadline !== undefined) {
        void afterIdling(() => settled).then(async () => {
          if (settled) return
          await virtual.sleep(deadline.at - virtual.now())
          if (!settled) deadline.controller.abort()
        })
      }
      return answer
    }
  }
}

async function afterIdling(isSettled: () => boolean): Promise<void> {
  for (let turn = 0; turn < IDLE_TURNS && !isSettled(); turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))
}
