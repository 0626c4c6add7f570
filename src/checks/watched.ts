import type { CloudflareAccount } from '../cloudflare/account.ts'
import { verifySchema, type VerifyAnswer } from '../cloudflare/answers.ts'
import { API_CODES } from '../cloudflare/errors/error-codes.ts'
import { parseAnswer } from '../http/parse-answer.ts'
import { formatDuration, formatInstant, parseInstant, type Clock } from '../kernel/clock.ts'
import { asRotationError, type RotationError } from '../kernel/error.ts'
import type { Secret } from '../kernel/secret.ts'
import type { CheckPort, Finding } from '../rotation/model/finding.ts'

/** A credential that is not rotated, and told about in time. */
export interface Watched {
  /** How findings name it. */
  readonly name: string
  /** How long before its end a finding says so, in milliseconds. */
  readonly warnMs: number
  /** A token, which tells its own end; or the end of something that cannot be asked, in milliseconds. */
  readonly end: { readonly variable: string; readonly token: Secret | undefined } | { readonly at: number }
}

/** What the checks of watched credentials are built from. */
export interface WatchOptions {
  /** The account with any role: only tokens of their own are used. */
  readonly account: Pick<CloudflareAccount, 'callAs'>
  readonly clock: Clock
}

/** Checks that a credential which is not rotated works, and does not end soon. */
export function createWatch(watched: Watched, options: WatchOptions): CheckPort {
  return { run: async () => await findProblems(watched, options) }
}

async function findProblems(watched: Watched, options: WatchOptions): Promise<readonly Finding[]> {
  const { name, end } = watched
  if ('at' in end) return findEnd(watched, end.at, options)
  const { token, variable } = end
  if (token === undefined) {
    return [
      {
        kind: 'missing-value',
        severity: 'error',
        on: name,
        message: `${name}: the environment variable ${variable} is not set, empty or a placeholder.`,
        action: `Give it to the step, e.g. \`${variable}: \${{ secrets.${variable} }}\`, or take it out of \`watch\`.`
      }
    ]
  }
  try {
    const { id, status, expires_on } = await verify(token, options)
    if (status !== 'active') return [describeDead(name, `its status is ${status} (${id})`)]
    const expiresAt = parseInstant(expires_on)
    return expiresAt === undefined ? [] : findEnd(watched, expiresAt, options)
  } catch (thrown) {
    const error = asRotationError(thrown)
    if (isInvalid(error)) return [describeDead(name, 'Cloudflare does not know it')]
    return [
      {
        kind: 'no-access',
        severity: 'warning',
        on: name,
        message: `${name}: it could not be asked when it ends: ${error.message}`,
        action: error.hint ?? 'Run again later.'
      }
    ]
  }
}

/** Asks a token about itself: one of the account, or else one of a user. */
async function verify(token: Secret, { account }: WatchOptions): Promise<VerifyAnswer> {
  try {
    return parseAnswer(
      verifySchema,
      await account.callAs(token, (sdk, account_id) => sdk.accounts.tokens.verify({ account_id })),
      'verifying an API token'
    )
  } catch (thrown) {
    if (!isInvalid(asRotationError(thrown))) throw thrown
    return parseAnswer(
      verifySchema,
      await account.callAs(token, (sdk) => sdk.user.tokens.verify()),
      'verifying an API token'
    )
  }
}

function isInvalid(error: RotationError): boolean {
  return error.code === 'refused' && error.call?.apiCode === API_CODES.invalidToken
}

function findEnd({ name, warnMs }: Watched, at: number, { clock }: WatchOptions): readonly Finding[] {
  const left = at - clock.now()
  if (left > warnMs) return []
  const action = 'Replace it where it is used, and give its successor here.'
  if (left <= 0) {
    return [{ ...describeDead(name, `it ended at ${formatInstant(at)}`), action }]
  }
  return [
    {
      kind: 'expires-soon',
      severity: 'error',
      on: name,
      message: `${name} ends at ${formatInstant(at)}, in ${formatDuration(left)}, and nothing rotates it.`,
      action
    }
  ]
}

function describeDead(name: string, reason: string): Finding {
  return {
    kind: 'watched-dead',
    severity: 'error',
    on: name,
    message: `${name} does not work: ${reason}.`,
    action: 'Make a new one, store it wherever it is used, and give it here.'
  }
}
