import type { Clock } from '../kernel/clock.ts'
import { RotationError, type FailedCall } from '../kernel/error.ts'
import { redactMessages } from './redact-messages.ts'
import { backoffMs, type RetryPolicy } from '../kernel/retry.ts'
import { explainConnectionFailure } from './connection-failure.ts'
import type { ErrorMapper, ReceivedAnswer } from './error-mapper.ts'
import { joinSignals } from './joined-signal.ts'
import { interceptedAnswer } from './intercepted-answer.ts'
import { RateLimiter } from './rate-limiter.ts'
import { RateLimited } from './rate-limited.ts'
import { readBody, type ReadBody } from './read-body.ts'
import { findRetryAfter } from './retry-after.ts'
import { USER_AGENT } from './user-agent.ts'

/** What {@link createApiFetch} is built from. */
export interface ApiFetchOptions {
  readonly errorMapper: ErrorMapper
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly random: () => number
  /** Keeps the calls within the API's rate limits; by default one that knows only what the answers say. */
  readonly limiter?: RateLimiter
  /** Aborted when no further call may be made. */
  readonly signal?: AbortSignal | undefined
  /** Redacts secrets in a failed answer. */
  readonly redact?: (text: string) => string
  /** Called before each wait, for the log. */
  readonly onRetry?: (message: string) => void
}

/** Time-out of one call with headers and body, in milliseconds. */
const CALL_TIMEOUT_MS = 20_000
/** The longest `retry-after` that a run waits for; Cloudflare's block lasts five minutes, longer than a lease. */
const MAX_RETRY_AFTER_MS = 60_000
/** Longest answer that is read, in bytes after decompression. */
const MAX_BYTES = 8 * 1024 ** 2
const RETRIES: RetryPolicy = { attempts: 4, firstDelayMs: 500, maxDelayMs: 8_000 }
/** Statuses below 300 without a body, by the Fetch standard. */
const NULL_BODY = new Set([204, 205])
const NO_BODY: ReadBody = { text: '', cut: false }
const SAFE_TO_REPEAT = new Set(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])

/**
 * Makes a `fetch` for an SDK in which every failure is a {@link RotationError} that says whether the call was applied. Reads and idempotent
 * writes are retried. A POST is retried only when it certainly changed nothing, since a creation must never happen twice.
 */
export function createApiFetch(options: ApiFetchOptions): typeof fetch {
  const limiter = options.limiter ?? new RateLimiter(options.clock)
  return async (input, init) => {
    const request = { url: urlOf(input), method: (init?.method ?? 'GET').toUpperCase(), init: init ?? {} }
    const { method } = request
    const key = new Headers(request.init.headers).get('authorization') ?? ''
    let unknownBefore = false
    for (let attempt = 1; ; attempt++) {
      const { signal } = options
      const update = (headers: Headers): void => limiter.update(headers, key)
      const tried = await limiter.run(() => callOnce(options, request, update), { key, method, signal })
      if ('response' in tried) return tried.response
      const { error } = tried
      if (error instanceof RateLimited && tried.retryAfterMs !== undefined)
        limiter.pause(tried.retryAfterMs, key)
      const pause = pauseBeforeNext(tried, method, backoffMs(RETRIES, attempt, options.random))
      if (pause === undefined || attempt >= RETRIES.attempts || options.signal?.aborted === true) {
        throw unknownBefore ? error.with({ effect: 'unknown' }) : error
      }
      unknownBefore ||= error.effect !== 'not-applied'
      options.onRetry?.(`${error.message} Trying again in ${Math.ceil(pause / 1000)} s.`)
      await options.clock.sleep(pause, options.signal)
    }
  }
}

interface OutgoingRequest {
  readonly url: URL
  readonly method: string
  readonly init: RequestInit
}

/** Result of one attempt. */
type Attempt = { readonly response: Response } | FailedAttempt

interface FailedAttempt {
  readonly error: RotationError
  /** The wait that the API asks for, in milliseconds. */
  readonly retryAfterMs?: number | undefined
}

async function callOnce(
  options: ApiFetchOptions,
  request: OutgoingRequest,
  update: (headers: Headers) => void
): Promise<Attempt> {
  const { errorMapper, clock } = options
  const call = { method: request.method, path: request.url.pathname }
  if (options.signal?.aborted === true) {
    const message = `${call.method} ${call.path} was not sent: the run was cancelled.`
    return { error: new RotationError('cancelled', message, { call }) }
  }
  const deadline = clock.deadline(CALL_TIMEOUT_MS)
  const joined = joinSignals([deadline.signal, options.signal, request.init.signal])
  const { signal } = joined
  let response: Response
  let body: ReadBody
  try {
    const headers = new Headers(request.init.headers)
    headers.set('user-agent', USER_AGENT)
    response = await options.fetch(request.url, { ...request.init, headers, redirect: 'manual', signal })
    body = NULL_BODY.has(response.status)
      ? NO_BODY
      : await readBody(response, { maxBytes: MAX_BYTES, signal })
  } catch (thrown) {
    const timedOut = deadline.signal.aborted
    const error = explainConnectionFailure(thrown, {
      ...{ api: errorMapper.api, call, timedOut, timeoutMs: CALL_TIMEOUT_MS }
    })
    return { error }
  } finally {
    deadline.clear()
    joined.release()
  }
  update(response.headers)
  const retryAfterMs = findRetryAfter(response.headers, clock.now())
  const error = findError(response, body, {
    errorMapper,
    call: { ...call, status: response.status },
    redact: options.redact,
    retryAfterMs
  })
  return error === undefined ? { response: readableAgain(response, body) } : { error, retryAfterMs }
}

interface AnswerContext {
  readonly errorMapper: ErrorMapper
  readonly call: FailedCall
  readonly redact: ApiFetchOptions['redact']
  readonly retryAfterMs: number | undefined
}

/** The error of an answer; undefined for a success. */
function findError(
  { status, headers }: Response,
  { text, cut }: ReadBody,
  { errorMapper, call, redact, retryAfterMs }: AnswerContext
): RotationError | undefined {
  const isJson = /[/+]json\b/.test(headers.get('content-type') ?? '')
  const failed = status >= 300
  const parsed = parseJson(text)
  const body = isJson || failed ? parsed : undefined
  const answer: ReceivedAnswer = { call, headers, text, body: parsed }
  if (cut) return tooLong(errorMapper, call)
  const isSpecific = failed && status !== 429 && status < 500
  if (isSpecific && !errorMapper.isOwn(answer)) return interceptedAnswer(errorMapper, answer)
  if (failed || errorMapper.isFailure(body)) {
    const effect = isRefusal(status) ? 'not-applied' : 'unknown'
    const shown = redact === undefined ? body : redactMessages(body, redact)
    return errorMapper.translate({ call, headers, body: shown, effect, retryAfterMs })
  }
  if (text === '' && errorMapper.alwaysHasBody === true) return badAnswer(errorMapper, call, 'nothing')
  if (isJson && body === undefined) return badAnswer(errorMapper, call, 'a body that is not JSON')
  return errorMapper.isOwn(answer) ? undefined : interceptedAnswer(errorMapper, answer)
}

function badAnswer({ api, setting }: ErrorMapper, call: FailedCall, what: string): RotationError {
  return new RotationError('bad-answer', `${api} answered ${call.method} ${call.path} with ${what}.`, {
    hint: `Run again; if it happens again, check what stands between the runner and the API (a proxy, ${setting}).`,
    retryable: true,
    effect: 'unknown',
    call
  })
}

/** The error for an answer beyond the limit, which no answer of the API comes near. */
function tooLong({ api, setting }: ErrorMapper, call: FailedCall): RotationError {
  return new RotationError(
    'intercepted',
    `${call.method} ${call.path} was answered with more than ${MAX_BYTES / 1024 ** 2} MiB, which ${api.replace(/^The /, 'the ')} never does; the rest was not read.`,
    {
      hint: `Check what stands between the runner and the API (a proxy, a firewall, ${setting}).`,
      retryable: true,
      effect: 'unknown',
      call
    }
  )
}

/** The same answer with a body that can be read again. */
function readableAgain(response: Response, { text }: ReadBody): Response {
  const headers = new Headers(response.headers)
  // The SDK would take a wrong length for an empty answer.
  headers.delete('content-length')
  return new Response(NULL_BODY.has(response.status) ? null : text, { status: response.status, headers })
}

/**
 * Tells whether a status says that the call was not applied. A redirect does not (it may follow a change), nor does 408, which may come from
 * a proxy that only stopped waiting.
 */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408
}

/** The pause before the next attempt, in milliseconds; undefined when there must be none. */
function pauseBeforeNext(
  { error, retryAfterMs }: FailedAttempt,
  method: string,
  backoff: number
): number | undefined {
  if (!error.retryable) return undefined
  if (!SAFE_TO_REPEAT.has(method) && error.effect !== 'not-applied') return undefined
  if (retryAfterMs === undefined) return backoff
  if (retryAfterMs <= MAX_RETRY_AFTER_MS) return Math.max(retryAfterMs, backoff)
  // Another call lengthens a block; a problem of the API may end sooner than it says.
  return error instanceof RateLimited ? undefined : backoff
}

function urlOf(input: string | URL | Request): URL {
  return new URL(input instanceof Request ? input.url : input)
}

function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text)
    return parsed
  } catch {
    return undefined
  }
}
