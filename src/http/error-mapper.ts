import type { Effect, FailedCall, RotationError } from '../kernel/error.ts'

/** Turns one API's answers into errors. */
export interface ErrorMapper {
  /** The name that messages use, e.g. `Cloudflare`. */
  readonly api: string
  /** The setting that holds the API's address, for hints. */
  readonly setting: string
  /** Tells whether an answer came from the API itself; any other says nothing about the call. */
  isOwn(answer: ReceivedAnswer): boolean
  /** Turns an answer that is not a success into an error. */
  translate(failure: FailedAnswer): RotationError
  /** Tells whether an answer with a status below 400 is a failure all the same, as Cloudflare's `success: false`. */
  isFailure(body: unknown): boolean
  /** Every success of this API has a body, so an empty one is a failure. */
  readonly alwaysHasBody?: boolean
}

/** An answer as it was received. */
export interface ReceivedAnswer {
  /** With its status. */
  readonly call: FailedCall
  readonly headers: Headers
  readonly text: string
  /** The parsed JSON, whatever the content type says, or undefined where the text is not JSON. */
  readonly body: unknown
}

/** Tells whether a body is a web page, as login pages, block pages and challenges are. */
export function isMarkup({ headers, text }: Pick<ReceivedAnswer, 'headers' | 'text'>): boolean {
  return /^(text\/html|application\/xhtml)\b/i.test(headers.get('content-type') ?? '') || /^\s*</.test(text)
}

/** An answer that is not a success. */
export interface FailedAnswer {
  readonly call: FailedCall
  readonly headers: Headers
  /** The parsed JSON, or undefined where the body was none. */
  readonly body: unknown
  readonly effect: Effect
  /** How long the API asks to wait before the next try, in milliseconds; absent where it does not ask. */
  readonly retryAfterMs?: number | undefined
}

/** Services of the run for drivers that call another API. */
export interface HttpServices {
  /** Makes a `fetch` for one API, in which every failure is a RotationError. */
  readonly apiFetch: (errorMapper: ErrorMapper) => typeof fetch
}
