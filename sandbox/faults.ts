import type { ForeignPage } from './foreign-pages.ts'

/** What the caller sees instead of the real answer. */
export type FaultAnswer =
  | 'drop'
  | 'hang'
  | 'garbage'
  | 'success-false'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | { readonly rateLimit: number }
  /** The platform's own refusal, in its own shape; Cloudflare's mail has its codes as texts. */
  | { readonly refusal: Refusal }
  /** The answer of something in between, such as `block`; see {@link ForeignPage}. */
  | { readonly page: ForeignPage }
  /** No connection, with Node's code of the reason, such as `ENOTFOUND` or `CERT_HAS_EXPIRED`. */
  | { readonly connection: string }

/** What a platform says when it refuses a call. */
export interface Refusal {
  readonly status: number
  /** Cloudflare's own code; the other platforms have none. */
  readonly code?: number | string | undefined
  readonly message?: string | undefined
  readonly documentationUrl?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** The faults that are answered by the API itself, and not by what is in between. */
export type OwnFaultAnswer = Exclude<
  FaultAnswer,
  'drop' | 'hang' | 'garbage' | { readonly connection: string } | { readonly page: ForeignPage }
>

/** Which calls a fault hits; everything left out matches. */
export interface FaultMatch {
  readonly api?: string
  readonly method?: string
  /** Tested against the path below the API's root and the whole pathname; a string is either of them or its end. */
  readonly path?: RegExp | string
  readonly operation?: string
  /** The token that the call is made with. */
  readonly bearer?: string
  /** The same by the token's name, as the transcript has it. */
  readonly actor?: string
  /** 1-based, among the calls that match since the fault was added; default 1. */
  readonly nth?: number
  /** How many matching calls from the nth on are hit; default 1. */
  readonly count?: number
}

/** A failure to come; `after` means that the API carries the call out first. */
export interface Fault {
  readonly match: FaultMatch
  readonly when: 'before' | 'after'
  readonly answer: FaultAnswer
}

/** What a fault is matched against. */
export interface FaultTarget {
  readonly api: string
  readonly method: string
  readonly operation: string | undefined
  readonly bearer: string | undefined
  readonly actor: string | undefined
  readonly paths: readonly string[]
}

const faulted = new WeakSet<Response>()

/** Notes that an answer is a fault's and not the API's, so that nothing holds it to the API's description. */
export function markFaulted(response: Response): Response {
  faulted.add(response)
  return response
}

/** Whether an answer, as it came from the handler, is a fault's. */
export function isFaulted(response: Response): boolean {
  return faulted.has(response)
}

interface ArmedFault {
  readonly fault: Fault
  seen: number
}

/** The failures to come, in the order in which they were added; the first that fits a call wins. */
export class Faults {
  #armed: ArmedFault[] = []

  /** Arms a fault and answers a function that disarms it. */
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

/** A short name for a transcript, such as `rate-limit before`. */
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
