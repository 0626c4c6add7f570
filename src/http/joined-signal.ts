/** A signal that is aborted with the first of several. */
export interface JoinedSignal {
  readonly signal: AbortSignal
  /** Lets go of the others: `AbortSignal.any` would stay tied to one that lives as long as the run, with everything that a call held. */
  release(): void
}

/** Joins several signals. */
export function joinSignals(signals: readonly (AbortSignal | null | undefined)[]): JoinedSignal {
  const controller = new AbortController()
  const ends = signals.flatMap((one) => {
    if (one === null || one === undefined) return []
    const abort = (): void => controller.abort(one.reason)
    if (one.aborted) abort()
    one.addEventListener('abort', abort)
    return [() => one.removeEventListener('abort', abort)]
  })
  return { signal: controller.signal, release: () => ends.forEach((end) => end()) }
}
