/** Clock of the sandbox; `now` is epoch milliseconds. */
export interface SandboxClock {
  now(): number
  sleep(milliseconds: number): Promise<void>
  /** Keeps a clock that advances by itself from advancing until the work is done. */
  hold?<T>(work: Promise<T>): Promise<T>
}

/** Creates the real clock, for `npm run sandbox` and the built action. */
export const systemClock: SandboxClock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Clock that advances only when told to, or when everything that could advance it is asleep. */
export interface VirtualClock extends SandboxClock {
  /** Advances by that many milliseconds and wakes, in order, the sleepers whose time has come. */
  advance(milliseconds: number): void
  hold<T>(work: Promise<T>): Promise<T>
}

/** Creates a clock for replays: sleeping takes no real time, and sleepers wake in the order of their deadlines. */
export function createVirtualClock(startMilliseconds = Date.UTC(2026, 0, 1)): VirtualClock {
  let now = startMilliseconds
  let pumping = false
  let held = 0
  const sleepers: { at: number; wake: () => void }[] = []

  function wakeUntil(time: number): void {
    for (let next = sleepers[0]; next !== undefined && next.at <= time; next = sleepers[0]) {
      sleepers.shift()
      now = Math.max(now, next.at)
      next.wake()
    }
  }

  // One deadline per turn of the event loop, so that a woken sleeper can sleep again before time advances.
  function pump(): void {
    const next = sleepers[0]
    if (next === undefined) {
      pumping = false
      return
    }
    if (held === 0) wakeUntil(next.at)
    setImmediate(pump)
  }

  return {
    now: () => now,
    async hold(work) {
      held += 1
      try {
        return await work
      } finally {
        held -= 1
      }
    },
    advance(milliseconds) {
      const target = now + milliseconds
      wakeUntil(target)
      now = target
    },
    sleep(milliseconds) {
      return new Promise((wake) => {
        const at = now + Math.max(0, milliseconds)
        const index = sleepers.findIndex((sleeper) => sleeper.at > at)
        sleepers.splice(index === -1 ? sleepers.length : index, 0, { at, wake })
        if (!pumping) {
          pumping = true
          setImmediate(pump)
        }
      })
    }
  }
}

/** Formats `2026-01-01T00:00:00Z`: the only form that Cloudflare's token API accepts, and the one in GitHub's answers. */
export function isoSeconds(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

/** Formats `2026-01-01T00:00:00.000000Z`, as in the Secrets Store's answers. */
export function isoMicroseconds(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z')
}
