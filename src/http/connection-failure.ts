import { RotationError, type FailedCall } from '../kernel/error.ts'

/** System errors that occur before a request can have been sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'])
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/

interface Circumstances {
  readonly api: string
  readonly call: FailedCall
  readonly timedOut: boolean
  readonly timeoutMs: number
}

/** The error for a call that got no answer, and whether it may have been applied. */
export function explainConnectionFailure(thrown: unknown, circumstances: Circumstances): RotationError {
  const { api, call, timedOut, timeoutMs } = circumstances
  if (thrown instanceof RotationError) return thrown
  const where = `${call.method} ${call.path}`
  if (timedOut) {
    return new RotationError('unreachable', `${api} did not answer ${where} within ${timeoutMs / 1000} s.`, {
      hint: 'Check the status page of the service. The next run starts from what it finds.',
      retryable: true,
      effect: 'unknown',
      call
    })
  }
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new RotationError('cancelled', `${where} was aborted: the run was cancelled.`, {
      effect: 'unknown',
      call
    })
  }
  const code = systemCode(thrown)
  if (code !== undefined && CERTIFICATE.test(code)) {
    return new RotationError('unreachable', `The TLS certificate at ${api} was not accepted (${code}).`, {
      hint: 'If the runner is behind a proxy that intercepts TLS, give its authority in NODE_EXTRA_CA_CERTS.',
      effect: 'not-applied',
      call
    })
  }
  return new RotationError(
    'unreachable',
    `${api} could not be reached for ${where}${code === undefined ? '' : ` (${code})`}.`,
    {
      hint: 'Check the network of the runner, its proxy variables, and the API URL.',
      retryable: true,
      effect: code !== undefined && NEVER_SENT.has(code) ? 'not-applied' : 'unknown',
      call
    }
  )
}

/** The `code` of the innermost system error, e.g. `ECONNREFUSED`. */
export function systemCode(thrown: unknown): string | undefined {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    if (error instanceof AggregateError && error.errors.length > 0) return systemCode(error.errors[0])
    if ('code' in error && typeof error.code === 'string') return error.code
  }
  return undefined
}
