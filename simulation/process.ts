import type { CallListener, Sandbox } from '../sandbox/sandbox.ts'
import type { Call } from '../sandbox/transcript.ts'

/** Call of a process before it is sent. */
export interface Outgoing {
  /** Number of the call in this process, from 1. */
  readonly index: number
  readonly url: string
  readonly method: string
  readonly body: unknown
}

/** Time at which a process is killed. */
export interface Crash {
  /** Whether a call is one during which it is killed. */
  readonly at: (call: Call, index: number) => boolean
  /** Number of the matching call, from 1; 1 by default. */
  readonly nth?: number
  /** Whether the API still carries out that call. */
  readonly when: 'before' | 'after'
}

/** Hooks and faults for the calls of a process. */
export interface ProcessOptions {
  readonly crash?: Crash
  /** Called before each call is sent; the call waits for its promise. */
  readonly onSend?: (call: Outgoing) => void | Promise<void>
  /** Called when a call was answered or failed; never for a call whose process is dead. */
  readonly onEnd?: (index: number, call: Call) => void
}

/**
 * Process of a run, as far as its network is concerned: its calls are distinguished from others', and it can be killed. From then on none of its
 * calls reaches a server, and it gets no responses.
 */
export class SimulatedProcess {
  /** Resolves when the process is killed. */
  readonly crashed: Promise<'killed'>
  #die!: () => void
  #dead = false
  #sent = 0
  readonly #sandbox: Sandbox
  readonly #options: ProcessOptions
  readonly #indexes = new Map<number, number>()
  readonly #unsubscribe: () => void
  readonly #pendingRejections: (() => void)[] = []
  #disposed = false
  #fatal: number | undefined
  #crashes = 0

  constructor(sandbox: Sandbox, options: ProcessOptions = {}) {
    this.#sandbox = sandbox
    this.#options = options
    this.crashed = new Promise((resolve) => {
      this.#die = () => resolve('killed')
    })
    this.#unsubscribe = sandbox.onCall((event) => this.#onCall(event))
  }

  /** Number of calls that it has sent. */
  get sent(): number {
    return this.#sent
  }

  get isDead(): boolean {
    return this.#dead
  }

  /** Whether this process made a call of the transcript. */
  isOwnCall({ seq }: Call): boolean {
    return this.#indexes.has(seq)
  }

  kill(): void {
    this.#dead = true
    this.#die()
  }

  /** Call this when the run has ended. */
  end(): void {
    if (!this.#dead) this.#unsubscribe()
  }

  /** Call this when nothing of a killed process is under way: its calls stay unanswered, and it no longer listens to others'. */
  abandon(): void {
    this.#unsubscribe()
  }

  /** Call this at the very end: rejects what still waits in a dead process, so that nothing of it remains. */
  dispose(): void {
    this.#disposed = true
    for (const tell of this.#pendingRejections.splice(0)) tell()
    this.#unsubscribe()
  }

  /** Wraps `fetch` for this process. */
  readonly wrapFetch =
    (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
    (input, init) => {
      if (this.#dead) return this.#never()
      const index = ++this.#sent
      const url = input instanceof Request ? input.url : String(input)
      const pause = this.#options.onSend?.({
        index,
        url,
        method: (init?.method ?? 'GET').toUpperCase(),
        body: init?.body
      })
      return pause === undefined
        ? this.#send(fetch, index, input, init)
        : pause.then(() => this.#send(fetch, index, input, init))
    }

  #send(
    fetch: typeof globalThis.fetch,
    index: number,
    ...[input, init]: Parameters<typeof globalThis.fetch>
  ): Promise<Response> {
    if (this.#dead) return this.#never()
    // The sandbox begins a call synchronously, so the next number is this call's.
    const seq = this.#sandbox.transcript.length + 1
    this.#indexes.set(seq, index)
    const answer = fetch(input, init)
    const call = this.#sandbox.transcript.at(seq)
    return new Promise((resolve, reject) => {
      this.#pendingRejections.push(() => reject(connectionError()))
      const settle = (then: () => void): void => {
        if (this.#dead) return
        if (call !== undefined) this.#options.onEnd?.(index, call)
        then()
      }
      answer.then(
        (response) => settle(() => resolve(response)),
        (error: Error) => settle(() => reject(error))
      )
    })
  }

  #never(): Promise<never> {
    if (this.#disposed) return Promise.reject(connectionError())
    return new Promise((_, reject) => {
      this.#pendingRejections.push(() => reject(connectionError()))
    })
  }

  #onCall({ phase, call }: Parameters<CallListener>[0]): void {
    const index = this.#indexes.get(call.seq)
    if (index === undefined) return
    const { crash } = this.#options
    if (phase === 'before') {
      if (this.#dead) throw connectionError()
      if (crash?.at(call, index) === true && ++this.#crashes === (crash.nth ?? 1)) this.#fatal = call.seq
    }
    if (call.seq !== this.#fatal || phase !== crash?.when) return
    this.kill()
    throw connectionError()
  }
}

/** Error that the caller sees when its process is dead. */
function connectionError(): TypeError {
  return new TypeError('fetch failed', { cause: new Error('the process is gone') })
}
