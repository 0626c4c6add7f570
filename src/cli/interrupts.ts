/** Signals that ask the command to stop: Ctrl-C, `kill`, and a terminal that was closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Time within which a second signal is the same request, in milliseconds: a terminal sends Ctrl-C to every process of the foreground, and npm passes
 * its own on to the command that it started.
 */
const SAME_MS = 1_000

/** What happens at a signal. */
export interface InterruptOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly monotonic: () => number
  /** Called at the first signal. */
  readonly onFirst: (signal: NodeJS.Signals) => void
  /** Called at a later one, to end at once. */
  readonly onAgain: (signal: NodeJS.Signals) => void
}

/** Interruption of the command. */
export interface Interrupts {
  /** Aborted when the run is asked to stop: it begins no new step, and finishes or reverts what it has begun. */
  readonly asked: AbortSignal
  /** The first signal. */
  readonly signal: NodeJS.Signals | undefined
  /** Stops listening. */
  dispose(): void
}

/** Listens for signals on a process. */
export function listenForInterrupts(
  on: Pick<NodeJS.Process, 'on' | 'off'>,
  { monotonic, onFirst, onAgain }: InterruptOptions
): Interrupts {
  const asked = new AbortController()
  let first: { readonly signal: NodeJS.Signals; readonly at: number } | undefined
  const listener = (signal: NodeJS.Signals): void => {
    if (first === undefined) {
      first = { signal, at: monotonic() }
      onFirst(signal)
      asked.abort()
    } else if (monotonic() - first.at >= SAME_MS) onAgain(signal)
  }
  for (const signal of SIGNALS) on.on(signal, listener)
  return {
    asked: asked.signal,
    get signal() {
      return first?.signal
    },
    dispose: () => {
      for (const signal of SIGNALS) on.off(signal, listener)
    }
  }
}
