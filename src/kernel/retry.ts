import type { Clock } from './clock.ts'

/** How often and how patiently something is tried again. */
export interface RetryPolicy {
  readonly attempts: number
  readonly firstDelayMs: number
  readonly maxDelayMs: number
}

/** The wait before try number `attempt + 1`: doubling, with up to a fifth of jitter so that parallel calls do not come back together. */
export function backoffMs(policy: RetryPolicy, attempt: number, random: () => number): number {
  const base = Math.min(policy.firstDelayMs * 2 ** (attempt - 1), policy.maxDelayMs)
  return Math.round(base * (0.8 + 0.2 * random()))
}

/** What {@link pollUntil} is told. */
export interface Polling<T> {
  readonly clock: Clock
  readonly random: () => number
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  /** After this time no further try is begun. */
  readonly withinMs: number
  readonly signal?: AbortSignal | undefined
  /** One try; answers undefined for "not yet". */
  readonly attempt: () => Promise<T | undefined>
}

/** Tries until there is an answer or the time is up, then answers undefined. An error of a try ends it at once. */
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
