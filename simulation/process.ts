import type { CallListener, Sandbox } from '../sandbox/sandbox.ts'
import type { Call } from '../sandbox/transcript.ts'

/** A call of a process, before it leaves. */
export interface Outgoing {
  /** The how-manieth call of this process it is, from 1. */
  readonly index: number
  readonly url: string
  readonly method: string
  readonly body: unknown
}

/** When a process dies. */
export interface Crash {
  /** The call during which it dies. */
  readonly at: (call: Call, index: number) => boolean
  /** The how-manieth of these calls it is; left out, the first. */
  readonly nth?: number
  /** Whether the API still carries that call out. */
  readonly when: 'before' | 'after'
}

/** What happens to the calls of a process. */
export interface ProcessOptions {
  readonly crash?: Crash
  /** Told of each call at the moment at which it leaves; while it answers a promise, the call waits. */
  readonly onSend?: (call: Outgoing) => void | Promise<void>
  /** Told of each call when it was answered or broke; of one that nobody hears of any more, never. */
  readonly onEnd?: (index: number, call: Call) => void
}

/**
 * The process that a run is, as far as its network goes: its calls are known from those of others, and it can die. From then on nothing of it
 * reaches anybody, and it hears nothing any more.
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
  readonly #forget: () => void
  readonly #unheard: (() => void)[] = []
  #disposed = false
  #fatal: number | undefined
  #crashes = 0

  constructor(sandbox: Sandbox, options: ProcessOptions = {}) {
    this.#sandbox = sandbox
    this.#options = options
    this.crashed = new Promise((resolve) => {
      this.#die = () => resolve('killed')
    })
    this.#forget = sandbox.onCall((event) => this.#hear(event))
  }

  /** How many calls have left it. */
  get sent(): number {
    return this.#sent
  }

  get isDead(): boolean {
    return this.#dead
  }

  /** Whether a call of the transcript was made by this process. */
  made({ seq }: Call): boolean {
    return this.#indexes.has(seq)
  }

  kill(): void {
    this.#dead = true
    this.#die()
  }

  /** To be called when the run has ended. */
  end(): void {
    if (!this.#dead) this.#forget()
  }

  /** To be called when nothing matters any more: what still waits in a dead process is told, so that nothing of it is left. */
  dispose(): void {
    this.#disposed = true
    for (const tell of this.#unheard.splice(0)) tell()
    this.#forget()
  }

  /** Makes `fetch` this process's own. */
  readonly wire =
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
    // The sandbox begins a call before it gives way, so that the next number is this call's.
    const seq = this.#sandbox.transcript.length + 1
    this.#indexes.set(seq, index)
    const answer = fetch(input, init)
    const call = this.#sandbox.transcript.at(seq)
    return new Promise((resolve, reject) => {
      this.#unheard.push(() => reject(gone()))
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
    if (this.#disposed) return Promise.reject(gone())
    return new Promise((_, reject) => {
      this.#unheard.push(() => reject(gone()))
    })
  }

  #hear({ phase, call }: Parameters<CallListener>[0]): void {
    const index = this.#indexes.get(call.seq)
    if (index === undefined) return
    const { crash } = this.#options
    if (phase === 'before') {
      if (this.#dead) throw gone()
      if (crash?.at(call, index) === true && ++this.#crashes === (crash.nth ?? 1)) this.#fatal = call.seq
    }
    if (call.seq !== this.#fatal || phase !== crash?.when) return
    this.kill()
    throw gone()
  }
}

/** What the other side of a dead process's call gets to see. */
function gone(): TypeError {
  return new TypeError('fetch failed', { cause: new Error('the process is gone') })
}
