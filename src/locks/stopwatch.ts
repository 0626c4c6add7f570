import type { Clock } from '../kernel/clock.ts'

/** Instant on both clocks of a run, in milliseconds. */
export interface Instant {
  readonly monotonic: number
  readonly wall: number
}

/** The current instant on both clocks. */
export function instantOf(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), wall: clock.now() }
}

/** Milliseconds since an instant, by the clock that shows more: the monotonic one may stand still while a machine is paused. */
export function since(clock: Clock, { monotonic, wall }: Instant): number {
  return Math.max(clock.monotonic() - monotonic, clock.now() - wall)
}
