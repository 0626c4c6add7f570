import type { Clock } from '../rotation/clock.ts'
import { RotationError, type Effect, type FailedCall } from '../rotation/error.ts'
import { explainConnectionFailure } from './connection-failure.ts'
import { Pace } from './pace.ts'
import { backoffMs, type RetryPolicy } from '../rotation/retry.ts'

/** How one API's errors read. */
export interface ErrorDialect {
  /** The name that messages use, e.g. `Cloudflare`. */
  readonly api: string
  /** Turns an answer that is not a success into an error. */
  translate(failure: FailedAnswer): RotationError
  /** Tells whether an answer with a status below 400 is a failure all the same, as Cloudflare's `success: false`. */
  isFailure(body: unknown): boolean
  /** Whether every success has a body, so that one without is no success. */
  readonly alwaysHasBody?: boolean
}

/** An answer that is not a success. */
export interface FailedAnswer {
  readonly call: FailedCall
  readonly headers: Headers
  /** The parsed JSON, or undefined where the body was none. */
  readonly body: unknown
  readonly effect: Effect
}

/** What {@link createApiFetch} works with. */
export interface ApiFetchOptions {
  readonly dialect: ErrorDialect
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly random: () => number
  /** Aborted when nothing may be called any longer. */
  readonly signal?: AbortSignal | undefined
  /** Called before each wait, for the log. */
  readonly onRetry?: (message: string) => void
}

/** One call waits this long for its answer. */
export const CALL_TIMEOUT_MS = 20_000
/** The longest `retry-after` that a run waits for; Cloudflare's block lasts five minutes, longer than a lease. */
const MAX_RETRY_AFTER_MS = 60_000
const RETRIES: RetryPolicy = { attempts: 4, firstDelayMs: 500, maxDelayMs: 8_000 }
/** Statuses below 300 of answers that have no body, by the Fetch standard. */
const NULL_BODY = new Set([204, 205])
const SAFE_TO_REPEAT = new Set(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])

/**
 * Makes a `fetch` for an SDK in which every failure is a {@link RotationError} that says whether the call was applied. Reads and idempotent
 * writes are tried again; a POST is only when it certainly changed nothing, since a creation must never happen twice.
 */
export function createApiFetch(options: ApiFetchOptions): typeof fetch {
  const pace = new Pace(options.clock)
  return async (input, init) => {
    const request = { url: urlOf(input), method: (init?.method ?? 'GET').toUpperCase(), init: init ?? {} }
    let unknownBefore = false
    for (let attempt = 1; ; attempt++) {
      try {
        return await pace.run(() => callOnce(options, request, pace), options.signal)
      } catch (thrown) {
        if (!(thrown instanceof RotationError)) throw thrown
        const { retryable, waitMs } = repeatable(thrown, request.method)
        if (!retryable || attempt >= RETRIES.attempts || options.signal?.aborted === true) {
          throw unknownBefore ? withEffect(thrown, 'unknown') : thrown
        }
        unknownBefore ||= thrown.effect !== 'not-applied'
        const pause = waitMs ?? backoffMs(RETRIES, attempt, options.random)
        options.onRetry?.(`${thrown.message} Trying again in ${Math.ceil(pause / 1000)} s.`)
        await options.clock.sleep(pause, options.signal)
      }
    }
  }
}

interface OutgoingRequest {
  readonly url: URL
  readonly method: string
  readonly init: RequestInit
}

async function callOnce(options: ApiFetchOptions, request: OutgoingRequest, pace: Pace): Promise<Response> {
  const { dialect, clock } = options
  const call = { method: request.method, path: request.url.pathname }
  if (options.signal?.aborted === true) {
    throw new RotationError('cancelled', `${call.method} ${call.path} was not sent: the run was cancelled.`, {
      call
    })
  }
  const deadline = clock.deadline(CALL_TIMEOUT_MS)
  const signals = [deadline.signal, options.signal, request.init.signal].filter(
    (signal) => signal instanceof AbortSignal
  )
  let response: Response
  let text: string
  try {
    response = await options.fetch(request.url, {
      ...request.init,
      redirect: 'manual',
      signal: AbortSignal.any(signals)
    })
    text = NULL_BODY.has(response.status) ? '' : await response.text()
  } catch (thrown) {
    const timedOut = deadline.signal.aborted
    throw explainConnectionFailure(thrown, { api: dialect.api, call, timedOut, timeoutMs: CALL_TIMEOUT_MS })
  } finally {
    deadline.clear()
  }
  pace.learn(response.headers)
  return judge(response, text, { dialect, call })
}

/** Answers the response, its body readable again, or throws what is wrong with it. */
function judge(
  response: Response,
  text: string,
  context: { dialect: ErrorDialect; call: FailedCall }
): Response {
  const { dialect } = context
  const call = { ...context.call, status: response.status }
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
  const body = isJson ? parseJson(text) : undefined
  const failed = response.status >= 300
  if (failed || dialect.isFailure(body)) {
    const certain = isRefusal(response.status)
    throw dialect.translate({
      call,
      headers: response.headers,
      body,
      effect: certain ? 'not-applied' : 'unknown'
    })
  }
  const isEmpty = text === '' && dialect.alwaysHasBody === true
  if (isEmpty || (isJson && body === undefined)) {
    throw new RotationError(
      'bad-answer',
      `${dialect.api} answered ${call.method} ${call.path} with ${isEmpty ? 'nothing' : 'a body that is not JSON'}.`,
      {
        hint: 'Run again; if it stays so, check what stands between the runner and the API (a proxy, cloudflare-api-url).',
        retryable: true,
        effect: 'unknown',
        call
      }
    )
  }
  const headers = new Headers(response.headers)
  // The SDK believes it, and takes an answer for empty that is not.
  headers.delete('content-length')
  return new Response(NULL_BODY.has(response.status) ? null : text, { status: response.status, headers })
}

/**
 * Whether a status says that the call was not carried out. A redirection does not (one may follow what was done), nor does 408, which may come from
 * something in between that only stopped waiting.
 */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408
}

function repeatable(error: RotationError, method: string): { retryable: boolean; waitMs?: number } {
  if (!error.retryable) return { retryable: false }
  if (!SAFE_TO_REPEAT.has(method) && error.effect !== 'not-applied') return { retryable: false }
  const asked = error instanceof RateLimited ? error.retryAfterMs : undefined
  if (asked === undefined) return { retryable: true }
  return asked > MAX_RETRY_AFTER_MS ? { retryable: false } : { retryable: true, waitMs: asked }
}

/** A call refused for its rate; what makes it an error of its own is only the wait that the API asked for. */
export class RateLimited extends RotationError {
  readonly retryAfterMs: number | undefined

  constructor(api: string, call: FailedCall, headers: Headers) {
    const seconds = /^\d+$/.exec(headers.get('retry-after') ?? '')?.[0]
    const wait = seconds === undefined ? '' : ` It asks to wait ${seconds} s.`
    super('rate-limited', `${api} refused ${call.method} ${call.path}: too many requests.${wait}`, {
      hint: 'Run again later; if it happens often, another program uses the same token up.',
      retryable: true,
      call
    })
    this.retryAfterMs = seconds === undefined ? undefined : Number(seconds) * 1000
  }
}

function withEffect(error: RotationError, effect: Effect): RotationError {
  return new RotationError(error.code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.call === undefined ? {} : { call: error.call }),
    retryable: error.retryable,
    effect,
    cause: error.cause
  })
}

function urlOf(input: string | URL | Request): URL {
  return new URL(input instanceof Request ? input.url : input)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
