/** HTTP call as the sandbox saw it; times are epoch milliseconds of the sandbox's clock. */
export interface Call {
  readonly seq: number
  readonly api: string
  readonly method: string
  /** Path below the API's root, with the query. */
  readonly path: string
  /** Method and route pattern, such as `PUT /accounts/:account_id/tokens/:token_id`; `undefined` for an unknown route. */
  readonly operation: string | undefined
  /** Name of the calling token, never its value. */
  readonly actor: string | undefined
  readonly startedAt: number
  endedAt?: number
  /** Result for the caller; `undefined` while the call is in progress. */
  status?: number | 'dropped' | 'hung' | 'aborted'
  /** Whether the API carried out the call, whatever the caller saw of it. */
  applied: boolean
  /** Fault that hit this call, such as `drop after`. */
  fault?: string
  /** Request body with everything that may be a secret replaced. */
  body?: unknown
}

interface Span {
  readonly call: Call
  readonly start: number
  end: number
}

/** Log of every call, in the order in which they began. */
export class Transcript {
  readonly #spans: Span[] = []
  // Calls without latency begin and end at the same time, so their order is tracked apart from the clock.
  #tick = 0

  get calls(): readonly Call[] {
    return this.#spans.map((span) => span.call)
  }

  /** Finds the call with that number. */
  at(seq: number): Call | undefined {
    return this.#spans[seq - 1]?.call
  }

  /** Returns the calls after the first ones. */
  since(length: number): readonly Call[] {
    return this.#spans.slice(length).map((span) => span.call)
  }

  get length(): number {
    return this.#spans.length
  }

  begin(call: Omit<Call, 'seq' | 'applied'>): Call {
    const begun: Call = { seq: this.#spans.length + 1, applied: false, ...call }
    this.#spans.push({ call: begun, start: ++this.#tick, end: Infinity })
    return begun
  }

  end(call: Call, status: NonNullable<Call['status']>, endedAt: number): void {
    const span = this.#spans[call.seq - 1]
    // After `clear`, an earlier call has nothing to end; an aborted call ends once.
    if (span?.call !== call || call.status !== undefined) return
    span.end = ++this.#tick
    call.status = status
    call.endedAt = endedAt
  }

  /** Counts the calls per operation. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { call } of this.#spans) {
      const key = call.operation ?? `${call.method} ${call.path}`
      counts[key] = (counts[key] ?? 0) + 1
    }
    return counts
  }

  /**
   * Returns the longest chain of calls each of which began after the one before had ended; its length is the number of round trips. Give the sandbox
   * a latency first: without one, parallel calls can finish one after the other.
   */
  longestChain(filter: (call: Call) => boolean = () => true): Call[] {
    const spans = this.#spans.filter((span) => filter(span.call))
    const byEnd = spans.filter((span) => span.end !== Infinity).sort((a, b) => a.end - b.end)
    const chains = new Map<Span, { depth: number; previous: Span | undefined }>()
    let ended = 0
    let best: Span | undefined
    let deepest: Span | undefined
    const depth = (span: Span | undefined): number => (span && chains.get(span)?.depth) ?? 0
    for (const span of spans) {
      for (let next = byEnd[ended]; next !== undefined && next.end < span.start; next = byEnd[++ended]) {
        if (depth(next) > depth(best)) best = next
      }
      chains.set(span, { depth: depth(best) + 1, previous: best })
      if (depth(span) > depth(deepest)) deepest = span
    }
    const chain: Call[] = []
    for (let span = deepest; span !== undefined; span = chains.get(span)?.previous) chain.unshift(span.call)
    return chain
  }

  roundTrips(filter?: (call: Call) => boolean): number {
    return this.longestChain(filter).length
  }

  clear(): void {
    this.#spans.length = 0
  }
}
