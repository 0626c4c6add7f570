/** How a run is asked to stop. GitHub sends SIGINT, SIGTERM 7.5 s later, and kills 2.5 s after that (the runner's source). */
export interface Cancellation {
  /** No new phase is begun; what is begun is ended or undone. */
  readonly asked: AbortSignal
  /** No call is made any longer. */
  readonly forced: AbortSignal
  /** Stops listening. */
  dispose(): void
}

/** So long may a run take to come to a safe end by itself. */
const CALLS_MS = 6_000
/** Then it ends, wherever it is: `post` goes on from there. */
const EXIT_MS = 6_700

/** Listens for SIGINT and SIGTERM. @param onAsked called once, at the first of them */
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
