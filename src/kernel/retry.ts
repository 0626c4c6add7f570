import type { Clock } from './clock.ts'

/** Number of attempts and delays of a retry. */
export interface RetryPolicy {
  readonly attempts: number
  readonly firstDelayMs: number
  readonly maxDelayMs: number
}

/** The delay before attempt `attempt + 1`: it doubles, with up to a fifth of jitter so that parallel calls do not coincide. */
export function backoffMs(policy: RetryPolicy, attempt: number, random: () => number): number {
  const base = Math.min(policy.firstDelayMs * 2 ** (attempt - 1), policy.maxDelayMs)
  return Math.round(base * (0.8 + 0.2 * random()))
}

/** What {@link pollUntil} needs. */
export interface Polling<T> {
  readonly clock: Clock
  readonly random: () => number
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  /** No further attempt begins after this time, in milliseconds. */
  readonly withinMs: number
  readonly signal?: AbortSignal | undefined
  /** One attempt; undefined means "not yet". */
  readonly attempt: () => Promise<T | undefined>
}

/** Polls until there is an answer; undefined when the time is up. An error of an attempt ends it at once. */
export async function pollUntil<T>(polling: Polling<T>): Promise<T | undefined> {
  const { clock, random, withinMs, signal } = polling
  const started = clock.monotonic()
  for (let tries = 1; ; tries++) {
    const answer = await polling.attempt()
    if (answer !== undefined) return answer
    const left = withinMs - (clock.monotonic() - started)
    if (left <= 0 || signal?.aborted === true) return undefined
    const policy = { attempts: tries, firstDelayMs: polling.firstDelayMs, maxDelayMs: polling.maxDelayMs }
    await clock.sleep(Math.min(backoffMs(policy, tries, random), left), signal)
  }
}
