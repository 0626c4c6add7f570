import type { GitHubClient } from '../github/client.ts'
import { formatInstant, type Clock } from '../kernel/clock.ts'
import { asRotationError } from '../kernel/error.ts'
import type { CheckPort } from '../rotation/model/finding.ts'

const DAY_MS = 24 * 3_600_000
/** Remaining time from which the check warns, and from which it is an error. */
const SOON_MS = 30 * DAY_MS
const NOW_MS = 7 * DAY_MS

/** GitHub sends the expiry of a personal access token in this header of every answer. */
const HEADER = 'github-authentication-token-expiration'

/** Checks that the token which writes GitHub's secrets does not expire soon. */
export function createGithubTokenCheck(client: GitHubClient, clock: Clock): CheckPort {
  return {
    run: async () => {
      try {
        const { headers } = await client.call((rest) => rest.rateLimit.get())
        const endsAt = parseExpiry(String(headers[HEADER] ?? ''))
        if (endsAt === undefined || endsAt - clock.now() > SOON_MS) return []
        return [
          {
            kind: 'github-token-expiring',
            severity: endsAt - clock.now() > NOW_MS ? 'warning' : 'error',
            on: 'github-secrets-token',
            message: `github-secrets-token expires at ${formatInstant(endsAt)}: after that no GitHub secret can be written.`,
            action: 'Make a new one and store it, or use a GitHub App, whose tokens never need that.'
          }
        ]
      } catch (thrown) {
        const { message, hint, call } = asRotationError(thrown)
        // Enterprise Server answers 404 where rate limits are disabled, whatever the token is.
        if (call?.status === 404) return []
        return [
          {
            kind: 'no-access',
            severity: 'error',
            on: 'github-secrets-token',
            message: `github-secrets-token: ${message}`,
            action: hint ?? 'Give a token that is valid.'
          }
        ]
      }
    }
  }
}

/** Reads `2026-12-01 10:00:00 UTC`, or an offset such as `+0100` in place of `UTC`. */
function parseExpiry(text: string): number | undefined {
  const [, day, time, sign, hours, minutes] =
    /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:UTC|([+-])(\d\d)(\d\d))$/.exec(text) ?? []
  if (day === undefined || time === undefined) return undefined
  const at = Date.parse(
    `${day}T${time}${sign === undefined ? 'Z' : `${sign}${hours ?? '00'}:${minutes ?? '00'}`}`
  )
  return Number.isNaN(at) ? undefined : at
}
