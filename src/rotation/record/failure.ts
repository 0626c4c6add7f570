import type { RotationError } from '../../kernel/error.ts'
import type { FailureRecord } from './schema.ts'

/** Makes the part of a record about a failure. */
export function recordFailure(error: RotationError): FailureRecord {
  const { code, message, hint, call } = error
  return {
    code,
    message,
    hint: hint ?? null,
    call:
      call === undefined
        ? null
        : { method: call.method, path: call.path, status: call.status ?? null, apiCode: call.apiCode ?? null }
  }
}
