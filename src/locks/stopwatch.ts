import type { Clock } from '../kernel/clock.ts'

/** Instant on both clocks of a run, in milliseconds. */
export interface Instant {
  readonly monotonic: number
  readonly wall: number
}

/** Reads both clocks. */
export function instantOf(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), wall: clock.now() }
}

/** Returns the milliseconds since an instant, by the clock that shows more: the monotonic one may stop while a machine is suspended. */
export function since(clock: Clock, { monotonic, wall }: Instant): number {
  return Math.max(clock.monotonic() - monotonic, clock.now() - wall)
}
