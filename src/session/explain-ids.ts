import { RotationError } from '../kernel/error.ts'
import type { Finding } from '../rotation/model/finding.ts'

/** The ids that the README and the examples show, with the keys that they stand under. */
const SAMPLES: ReadonlyMap<string, string> = new Map([
  ['023e105f4ecef8ad9ca31a8372d0c353', 'account-id'],
  ['0f2ac74b498b48028cb68387c421e279', 'lock.namespace-id'],
  ['8f7a1cdced6342c18d223ece462fd88d', 'store-id']
])

/** What Cloudflare answers to a call about an account that the token does not belong to. */
const WRONG_ACCOUNT = new Set([7003, 9109])

/** What the calls of a run have shown of the ids in the configuration. */
export interface SeenIds {
  readonly accountId: string
  /** Whether any call about the account was answered well. */
  readonly accountAnswered: boolean
}

/** The same error, with what it says of an id that is wrong: of the account, where no call about it went well, or a sample that was copied. */
export function explainIds(error: RotationError, { accountId, accountAnswered }: SeenIds): RotationError {
  const { call } = error
  if (call === undefined) return error
  const wrongAccount = !accountAnswered && WRONG_ACCOUNT.has(call.apiCode ?? 0)
  if (wrongAccount) {
    return copyOf(
      error,
      `account-id: Cloudflare refused every call about the account ${accountId} with code ${call.apiCode ?? ''}.`,
      SAMPLES.get(accountId) === 'account-id'
        ? `${describeSample('account-id', accountId)}.`
        : 'Check `account-id`: copy it from the dashboard, under Account home. If it is right, a client IP filter of the tokens shuts this runner out.'
    )
  }
  const sample = call.status === 404 ? findSample(call.path, accountAnswered) : undefined
  return sample === undefined ? error : copyOf(error, error.message, `${error.hint ?? ''} ${sample}.`.trim())
}

/** The findings of a check, where those that come from a wrong id say so: the account's once, instead of each call's. */
export function explainFindings<T extends Finding>(
  findings: readonly T[],
  { accountId, accountAnswered }: SeenIds
): readonly T[] {
  return findings.flatMap((finding) => {
    if (finding.kind !== 'no-access') return [finding]
    const ofAccount = finding.message.includes(`/accounts/${accountId}`)
    if (!accountAnswered && ofAccount && /\b(7003|9109)\b/.test(finding.message)) {
      const apiCode = finding.message.includes('9109') ? 9109 : 7003
      const error = new RotationError('permission', finding.message, {
        call: { method: 'GET', path: '', apiCode }
      })
      const { message, hint = finding.action } = explainIds(error, { accountId, accountAnswered })
      return [{ ...finding, on: 'account-id', message, action: hint }]
    }
    const sample = / with 404\b/.test(finding.message)
      ? findSample(finding.message, accountAnswered)
      : undefined
    return [sample === undefined ? finding : { ...finding, action: `${finding.action} ${sample}.` }]
  })
}

function findSample(text: string, accountAnswered: boolean): string | undefined {
  for (const [id, key] of SAMPLES) {
    if (key === 'account-id' && accountAnswered) continue
    if (text.includes(id)) return describeSample(key, id)
  }
  return undefined
}

function describeSample(key: string, id: string): string {
  return `${id} is the sample of the README: put your own id under \`${key}\``
}

function copyOf(error: RotationError, message: string, hint: string): RotationError {
  return new RotationError(error.code, message, {
    hint,
    effect: error.effect,
    retryable: error.retryable,
    ...(error.call === undefined ? {} : { call: error.call }),
    cause: error
  })
}
