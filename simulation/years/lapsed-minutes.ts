import { HOUR, MINUTE } from '../times.ts'
import type { Outages } from './calls.ts'
import type { Lapse } from './lapses.ts'

/** Minutes without a working slot. */
export interface LapsedMinutes {
  /** While a platform was down. */
  readonly inOutages: number
  /** After an outage in which, or within an hour after which, the last slot had ended. */
  readonly afterOutages: number
  readonly otherwise: number
}

/** Divides lapses by their cause. */
export function divideLapses(lapses: readonly Lapse[], { github, cloudflare }: Outages): LapsedMinutes {
  const outages = merge([...github, ...cloudflare])
  let inOutages = 0
  let afterOutages = 0
  let otherwise = 0
  for (const { from, until } of lapses) {
    const during = outages.reduce(
      (sum, outage) => sum + Math.max(0, Math.min(until, outage.until) - Math.max(from, outage.from)),
      0
    )
    const isOfOutage = outages.some((outage) => outage.from <= from && from < outage.until + HOUR)
    inOutages += during
    if (isOfOutage) afterOutages += until - from - during
    else otherwise += until - from - during
  }
  return {
    inOutages: inOutages / MINUTE,
    afterOutages: afterOutages / MINUTE,
    otherwise: otherwise / MINUTE
  }
}

/** Joins outages that overlap. */
function merge(outages: Outages['github']): Outages['github'] {
  const merged: { from: number; until: number }[] = []
  for (const { from, until } of outages.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last !== undefined && from <= last.until) last.until = Math.max(last.until, until)
    else merged.push({ from, until })
  }
  return merged
}
