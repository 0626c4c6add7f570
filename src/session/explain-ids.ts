import type { RotationError } from '../kernel/error.ts'
import type { Finding } from '../rotation/model/finding.ts'

/** Ids in the README and the examples, with their keys. */
const SAMPLES: ReadonlyMap<string, string> = new Map([
  ['023e105f4ecef8ad9ca31a8372d0c353', 'account-id'],
  ['0f2ac74b498b48028cb68387c421e279', 'lock.namespace-id'],
  ['8f7a1cdced6342c18d223ece462fd88d', 'store-id']
])

/** Codes by which Cloudflare refuses a call about an account that the token does not belong to. */
const WRONG_ACCOUNT = new Set([9109, 7003])

/** What the calls of a run show about the ids in the configuration. */
export interface SeenIds {
  readonly accountId: string
  /** Whether any call about the account succeeded. */
  readonly accountAnswered: boolean
}

/** Adds to an error which id is wrong: the account's, where no call about it succeeded, or one copied from the samples. */
export function explainIds(error: RotationError, { accountId, accountAnswered }: SeenIds): RotationError {
  const { call } = error
  if (call === undefined) return error
  if (!accountAnswered && call.apiCode !== undefined && WRONG_ACCOUNT.has(call.apiCode)) {
    const { message, hint } = describeWrongAccount(accountId, call.apiCode)
    return error.with({ message, hint })
  }
  const sample = call.status === 404 ? findSample(call.path, accountAnswered) : undefined
  return sample === undefined ? error : error.with({ hint: `${error.hint ?? ''} ${sample}.`.trim() })
}

/** Adds the same to the findings of a check. */
export function explainFindings<T extends Finding>(
  findings: readonly T[],
  { accountId, accountAnswered }: SeenIds
): readonly T[] {
  return findings.map((finding) => {
    if (finding.kind !== 'no-access') return finding
    const ofAccount = finding.message.includes(`/accounts/${accountId}`)
    const apiCode = [...WRONG_ACCOUNT].find((code) => new RegExp(`\\b${code}\\b`).test(finding.message))
    if (!accountAnswered && ofAccount && apiCode !== undefined) {
      const { message, hint } = describeWrongAccount(accountId, apiCode)
      return { ...finding, on: 'account-id', message, action: hint }
    }
    const isMissing = / with 404\b/.test(finding.message)
    const sample = isMissing ? findSample(finding.message, accountAnswered) : undefined
    return sample === undefined ? finding : { ...finding, action: `${finding.action} ${sample}.` }
  })
}

function describeWrongAccount(
  accountId: string,
  apiCode: number
): { readonly message: string; readonly hint: string } {
  return {
    message: `account-id: Cloudflare refused every call about the account ${accountId} with code ${apiCode}.`,
    hint:
      SAMPLES.get(accountId) === 'account-id'
        ? `${describeSample('account-id', accountId)}.`
        : 'Check `account-id`: copy it from the dashboard, under Account home. If it is right, a client IP filter of the tokens excludes this runner.'
  }
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
