/** Cancellation of a run. GitHub sends SIGINT, SIGTERM 7.5 s later, and SIGKILL 2.5 s after that (the runner's source). */
export interface Cancellation {
  /** Aborted when the run is cancelled: it begins no new step, and finishes or reverts what it has begun. */
  readonly asked: AbortSignal
  /** Aborted when no more calls may be made. */
  readonly forced: AbortSignal
  /** Stops listening. */
  dispose(): void
}

/** Time that a run has to reach a safe state by itself, in milliseconds. */
const CALLS_MS = 6_000
/** Time after which the process ends wherever it is, in milliseconds; `post` continues from there. */
const EXIT_MS = 6_700

/** Listens for SIGINT and SIGTERM. @param onAsked called once, at the first signal */
export function listenForCancellation(onAsked: (signal: string) => void): Cancellation {
  const asked = new AbortController()
  const forced = new AbortController()
  const timers: NodeJS.Timeout[] = []
  const listener = (signal: NodeJS.Signals): void => {
    if (asked.signal.aborted) return
    onAsked(signal)
    timers.push(
      setTimeout(() => forced.abort(), CALLS_MS),
      setTimeout(() => process.exit(1), EXIT_MS)
    )
    asked.abort()
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  return {
    asked: asked.signal,
    forced: forced.signal,
    dispose: () => {
      process.off('SIGINT', listener)
      process.off('SIGTERM', listener)
      for (const timer of timers) clearTimeout(timer)
    }
  }
}
