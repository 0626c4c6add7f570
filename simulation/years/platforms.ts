import { DAY, HOUR, MINUTE } from '../times.ts'
import type { Draws } from './draws.ts'

/** Time in which a platform does not work, in epoch milliseconds. */
export interface Outage {
  readonly from: number
  readonly until: number
}

/** Span of time that is simulated, in epoch milliseconds. */
export interface Span {
  readonly from: number
  readonly until: number
}

/** Share of the ticks of GitHub's cron that never come. */
export const MISSED_TICKS = 0.07
/** Delay of half of the ticks. */
export const MEDIAN_DELAY_MS = 40 * MINUTE
/** With this spread, one delay in five is over an hour and a half, and one in 500 reaches the longest. */
const DELAY_SIGMA = 1
export const LONGEST_DELAY_MS = 12 * HOUR

/** Draws the outages of one platform: 3 to 18 hours, every 45 to 105 days. */
export function drawOutages(draws: Draws, { from, until }: Span): readonly Outage[] {
  const outages: Outage[] = []
  // The year begins somewhere between two outages.
  let begin = from + draws.uniform(0, 105 * DAY)
  while (begin < until) {
    const end = begin + draws.uniform(3 * HOUR, 18 * HOUR)
    outages.push({ from: begin, until: end })
    begin = end + draws.uniform(45 * DAY, 105 * DAY)
  }
  return outages
}

/** Finds the outage that a time is in. */
export function findOutage(outages: readonly Outage[], at: number): Outage | undefined {
  return outages.find(({ from, until }) => from <= at && at < until)
}

/**
 * Draws when GitHub's cron starts runs. A tick that comes while an earlier one is still late is lost with it, which gives the gaps that are publicly
 * reported; so is one that would come during an outage.
 */
export function* drawCronStarts(
  draws: Draws,
  {
    everyMs,
    span,
    outages
  }: { readonly everyMs: number; readonly span: Span; readonly outages: readonly Outage[] }
): Generator<number, void> {
  let earliest = span.from
  // At minute 17, as in the examples.
  for (let tick = span.from + 17 * MINUTE; tick < span.until; tick += everyMs) {
    if (tick < earliest || draws.chance(MISSED_TICKS)) continue
    const at = tick + Math.min(LONGEST_DELAY_MS, draws.logNormal(MEDIAN_DELAY_MS, DELAY_SIGMA))
    earliest = at
    if (findOutage(outages, at) === undefined) yield at
  }
}
