/** The longest gap, in milliseconds, that GitHub's cron has been seen to leave in an hourly schedule, by public reports of 2026. */
export const LONGEST_SCHEDULE_GAP_MS = 6.5 * 3_600_000
