/** Kind of error; stable, so that tests and readers of records can rely on it. */
export type ErrorCode =
  | 'bad-input'
  | 'bad-configuration'
  | 'missing-value'
  | 'permission'
  | 'not-found'
  | 'refused'
  | 'rate-limited'
  | 'limit-reached'
  | 'access-policy'
  | 'locked-out'
  | 'unreachable'
  | 'bad-answer'
  | 'intercepted'
  | 'not-verified'
  | 'not-confirmed'
  | 'probe-failed'
  | 'rollout-failed'
  | 'lease-lost'
  | 'not-contained'
  | 'no-fallback'
  | 'clock'
  | 'command-failed'
  | 'cancelled'
  | 'alert'
  | 'internal'

/** Effect of a failed call: `unknown` is looked up before anything is undone. */
export type Effect = 'applied' | 'not-applied' | 'unknown'

/** Details of an error besides its message. */
export interface ErrorDetails {
  /** The one action to take. */
  readonly hint?: string | undefined
  /** Whether the same call may succeed a little later. */
  readonly retryable?: boolean
  /** Whether the failed call changed anything; `not-applied` by default. */
  readonly effect?: Effect
  /** The API call that failed. */
  readonly call?: FailedCall | undefined
  readonly cause?: unknown
}

/** What {@link RotationError.with} replaces. */
export interface ErrorChanges extends Omit<ErrorDetails, 'cause'> {
  readonly code?: ErrorCode
  readonly message?: string
}

/** API call as alerts name it; never holds a header or a body. */
export interface FailedCall {
  readonly method: string
  readonly path: string
  /** HTTP status; absent when no answer came. */
  readonly status?: number
  /** The API's own error code, e.g. Cloudflare's 10000. */
  readonly apiCode?: number
}

/** The one error class of the project: what failed, what to do, and whether anything was changed. Never holds a secret value. */
export class RotationError extends Error {
  override readonly name = 'RotationError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly retryable: boolean
  readonly effect: Effect
  readonly call: FailedCall | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.retryable = details.retryable ?? false
    this.effect = details.effect ?? 'not-applied'
    this.call = details.call
  }

  /** The same error with some of its parts replaced; this one becomes its cause. */
  with({ code = this.code, message = this.message, ...details }: ErrorChanges): RotationError {
    const { hint, retryable, effect, call } = this
    return new RotationError(code, message, { hint, retryable, effect, call, ...details, cause: this })
  }
}

/** Turns anything thrown into a {@link RotationError}; any other error is a defect of this program, and is reported as such. */
export function asRotationError(thrown: unknown): RotationError {
  if (thrown instanceof RotationError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new RotationError('internal', `Unexpected error: ${message}`, {
    hint: 'This is a defect of rotate-action: please report it with this message.',
    effect: 'unknown',
    cause: thrown
  })
}

/** The same error, whose message begins with what was being done. */
export function withContext(thrown: unknown, context: string): RotationError {
  const error = asRotationError(thrown)
  return error.with({ message: `${context}: ${error.message}` })
}

/** Cloudflare's code for an account or a route that does not exist: it says nothing about the thing that was asked for. */
const NO_ROUTE = 7003

/** Tells whether an error says that the thing asked for does not exist. */
export function isNotFound(thrown: unknown): thrown is RotationError {
  return thrown instanceof RotationError && thrown.code === 'not-found' && thrown.call?.apiCode !== NO_ROUTE
}

/** Awaits a call; undefined where the thing asked for does not exist. */
export async function ifFound<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined
    throw thrown
  }
}
