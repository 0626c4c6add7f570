import type { ForeignPage } from './foreign-pages.ts'

/** Answers that a caller gets instead of the real one. */
export type FaultAnswer =
  | 'drop'
  | 'hang'
  | 'garbage'
  | 'success-false'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | { readonly rateLimit: number }
  /** The platform's own refusal, in its own format; Cloudflare's mail uses strings as codes. */
  | { readonly refusal: Refusal }
  /** Answer of something in between, such as `block`; see {@link ForeignPage}. */
  | { readonly page: ForeignPage }
  /** No connection, with Node's code of the reason, such as `ENOTFOUND` or `CERT_HAS_EXPIRED`. */
  | { readonly connection: string }

/** Refusal by a platform. */
export interface Refusal {
  readonly status: number
  /** Cloudflare's own code; the other platforms have none. */
  readonly code?: number | string | undefined
  readonly message?: string | undefined
  readonly documentationUrl?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Faults that the API itself answers, not something in between. */
export type OwnFaultAnswer = Exclude<
  FaultAnswer,
  'drop' | 'hang' | 'garbage' | { readonly connection: string } | { readonly page: ForeignPage }
>

/** Calls that a fault hits; an absent key matches every call. */
export interface FaultMatch {
  readonly api?: string
  readonly method?: string
  /** Tested against the path below the API's root and the whole pathname; a string equals one of them or its end. */
  readonly path?: RegExp | string
  readonly operation?: string
  /** Token that the call is made with. */
  readonly bearer?: string
  /** Name of that token, as in the transcript. */
  readonly actor?: string
  /** 1-based, among the calls that match since the fault was added; default 1. */
  readonly nth?: number
  /** How many matching calls from the nth on are hit; default 1. */
  readonly count?: number
}

/** Fault to inject; `after` means that the API carries out the call first. */
export interface Fault {
  readonly match: FaultMatch
  readonly when: 'before' | 'after'
  readonly answer: FaultAnswer
}

/** Call that a fault is matched against. */
export interface FaultTarget {
  readonly api: string
  readonly method: string
  readonly operation: string | undefined
  readonly bearer: string | undefined
  readonly actor: string | undefined
  readonly paths: readonly string[]
}

const faulted = new WeakSet<Response>()

/** Marks an answer as a fault's, so that it is not checked against the API's description. */
export function markFaulted(response: Response): Response {
  faulted.add(response)
  return response
}

/** Whether an answer of the handler is a fault's. */
export function isFaulted(response: Response): boolean {
  return faulted.has(response)
}

interface ArmedFault {
  readonly fault: Fault
  seen: number
}

/** Faults to inject, in the order in which they were added; the first that matches a call wins. */
export class Faults {
  #armed: ArmedFault[] = []

  /** Adds a fault and returns a function that removes it. */
  add(fault: Fault): () => void {
    const armed: ArmedFault = { fault, seen: 0 }
    this.#armed.push(armed)
    return () => {
      this.#armed = this.#armed.filter((other) => other !== armed)
    }
  }

  clear(): void {
    this.#armed = []
  }

  take(target: FaultTarget): Fault | undefined {
    let taken: Fault | undefined
    for (const armed of this.#armed) {
      const { match } = armed.fault
      if (!matches(match, target)) continue
      armed.seen += 1
      const nth = match.nth ?? 1
      if (armed.seen >= nth && armed.seen < nth + (match.count ?? 1)) taken ??= armed.fault
    }
    return taken
  }
}

/** Formats a short name for a transcript, such as `rate-limit before`. */
export function describeFault({ answer, when }: Fault): string {
  if (typeof answer === 'string') return `${answer} ${when}`
  if ('connection' in answer) return `${answer.connection} ${when}`
  if ('page' in answer) return `page ${answer.page} ${when}`
  if ('refusal' in answer)
    return `${[answer.refusal.status, answer.refusal.code ?? []].flat().join('/')} ${when}`
  return 'rateLimit' in answer ? `rate-limit ${when}` : `${answer.status} ${when}`
}

function matches(match: FaultMatch, target: FaultTarget): boolean {
  if (match.api !== undefined && match.api !== target.api) return false
  if (match.method !== undefined && match.method.toUpperCase() !== target.method) return false
  if (match.operation !== undefined && match.operation !== target.operation) return false
  if (match.bearer !== undefined && match.bearer !== target.bearer) return false
  if (match.actor !== undefined && match.actor !== target.actor) return false
  const { path } = match
  if (path === undefined) return true
  return target.paths.some((candidate) =>
    typeof path === 'string' ? candidate.endsWith(path) : candidate.search(path) !== -1
  )
}
