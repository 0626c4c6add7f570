/** Time as it comes into a run, so that a whole run can be replayed without waiting. All values are milliseconds. */
export interface Clock {
  /** The wall clock, since the epoch. */
  now(): number
  /** A clock that never jumps, for measuring how long something takes. */
  monotonic(): number
  /** Waits; ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** A signal that is aborted after `ms`; `clear` must be called when it is no longer needed. */
  deadline(ms: number): { readonly signal: AbortSignal; clear(): void }
}

/** Tolerated difference between the clocks of the runner and of Cloudflare, in milliseconds. */
export const CLOCK_TOLERANCE_MS = 2_000

/** Tolerated difference between the clocks of GitHub and of Cloudflare, in milliseconds; GitHub's `updated_at` has whole seconds. */
export const SERVER_CLOCK_TOLERANCE_MS = 5_000

/** Tolerated difference between the clocks of two runners, in milliseconds. */
export const RUNNER_CLOCK_TOLERANCE_MS = 60_000

/** The largest difference between the clocks of the runner and of Cloudflare with which a run goes on, in milliseconds. */
export const MAX_CLOCK_DIFFERENCE_MS = 5 * 60_000

/** The longest gap, in milliseconds, that GitHub's cron has been seen to leave in an hourly schedule, by public reports of 2026. */
export const LONGEST_SCHEDULE_GAP_MS = 6.5 * 3_600_000

/** Formats an instant as Cloudflare wants it: UTC, to the second, without milliseconds. */
export function formatInstant(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}

/** Parses a timestamp of an API; undefined for anything else. */
export function parseInstant(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined || text === '') return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

/** Formats a length of time for people: `90s`, `5m`, `2h`, `30d`, in the largest unit that stays readable. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes}m`
  const hours = Math.round(minutes / 60)
  return hours < 72 ? `${hours}h` : `${Math.round(hours / 24)}d`
}
