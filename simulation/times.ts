/** Durations in milliseconds. */
export const SECOND = 1_000
/** Sixty seconds. */
export const MINUTE = 60 * SECOND
/** Sixty minutes. */
export const HOUR = 60 * MINUTE
/** Twenty-four hours. */
export const DAY = 24 * HOUR
/** The lock's time to live in the default configuration, with a margin. */
export const LEASE = 5 * MINUTE + SECOND
