import type { SandboxClock } from '../clock.ts'
import { GithubError } from './github-error.ts'

/** Limit of one token in any window of that length. */
interface SecondaryLimit {
  readonly units: number
  readonly windowMs: number
  readonly costOf: (method: string) => number
}

const creates = (method: string): number => (/^(POST|PUT|PATCH)$/.test(method) ? 1 : 0)

/**
 * GitHub's documented secondary limits: 900 points a minute, and 80 requests that create content a minute and 500 an hour. It does not say whether
 * writes of secrets are such requests; here they are.
 */
const LIMITS: readonly SecondaryLimit[] = [
  { units: 900, windowMs: 60_000, costOf: (method) => (/^(GET|HEAD)$/.test(method) ? 1 : 5) },
  { units: 80, windowMs: 60_000, costOf: creates },
  { units: 500, windowMs: 3_600_000, costOf: creates }
]

interface Spent {
  readonly at: number
  readonly units: number
}

/** Secondary rate limits of GitHub, which its answers do not state. */
export class SecondaryLimits {
  enabled = true
  readonly #clock: SandboxClock
  readonly #spent = new Map<string, readonly Spent[][]>()

  constructor(clock: SandboxClock) {
    this.#clock = clock
  }

  /** Counts a call of a token; throws 403 with `retry-after` beyond a limit. */
  count(value: string, method: string): void {
    if (!this.enabled) return
    const now = this.#clock.now()
    const logs = this.#spent.get(value) ?? LIMITS.map(() => [])
    this.#spent.set(value, logs)
    for (const [index, { units, windowMs, costOf }] of LIMITS.entries()) {
      const log = logs[index]!
      while (log[0] !== undefined && log[0].at <= now - windowMs) log.shift()
      const used = log.reduce((sum, one) => sum + one.units, 0)
      if (used + costOf(method) > units)
        throw tooFast(Math.max(1, Math.ceil((log[0]!.at + windowMs - now) / 1000)))
    }
    for (const [index, { costOf }] of LIMITS.entries()) {
      if (costOf(method) > 0) logs[index]!.push({ at: now, units: costOf(method) })
    }
  }
}

function tooFast(retryAfterSeconds: number): GithubError {
  return new GithubError(
    403,
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    { headers: { 'retry-after': String(retryAfterSeconds) } }
  )
}
