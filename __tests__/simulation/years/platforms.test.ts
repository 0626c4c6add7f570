import { describe, expect, it } from '@jest/globals'
import { Draws } from '../../../simulation/years/draws.ts'
import {
  drawCronStarts,
  drawOutages,
  findOutage,
  LONGEST_DELAY_MS,
  MEDIAN_DELAY_MS,
  type Outage
} from '../../../simulation/years/platforms.ts'
import { DAY, HOUR, MINUTE } from '../../../simulation/times.ts'

const YEARS = { from: 0, until: 40 * 365 * DAY }

/** Starts of a cron, with the tick that each is late for. */
function startsOf(everyMs: number, outages: readonly Outage[] = []): readonly { tick: number; at: number }[] {
  const starts = [...drawCronStarts(new Draws(1, 'cron'), { everyMs, span: YEARS, outages })]
  return starts.map((at) => ({ tick: Math.floor((at - 17 * MINUTE) / everyMs) * everyMs + 17 * MINUTE, at }))
}

describe('GitHub’s cron', () => {
  // No delay reaches the next day, so that each start belongs to the tick before it.
  const daily = startsOf(DAY)

  it('misses 7 % of its ticks', () => {
    expect(daily.length / (40 * 365)).toBeCloseTo(0.93, 2)
  })

  it('is late by a median of 40 minutes, and by 12 hours at most', () => {
    const delays = daily.map(({ tick, at }) => at - tick).sort((a, b) => a - b)
    expect(delays[delays.length >> 1]! / MEDIAN_DELAY_MS).toBeCloseTo(1, 1)
    expect(delays.at(-1)).toBe(LONGEST_DELAY_MS)
    expect(delays[0]).toBeGreaterThan(0)
    // One delay in six is a standard deviation above the median.
    const late = delays.filter((delay) => delay > MEDIAN_DELAY_MS * Math.E).length
    expect(late / delays.length).toBeCloseTo(0.16, 1)
  })

  it('leaves the gaps that hourly schedules are reported to have', () => {
    const starts = startsOf(HOUR).map(({ at }) => at)
    const gaps = starts.slice(1).map((at, index) => at - starts[index]!)
    expect(gaps.every((gap) => gap >= 0)).toBe(true)
    expect(gaps.filter((gap) => gap > 6.5 * HOUR).length).toBeGreaterThan(40)
    expect(starts.length / (40 * 365)).toBeLessThan(15)
  })

  it('starts nothing during an outage', () => {
    const outages = drawOutages(new Draws(1, 'outages'), YEARS)
    const starts = startsOf(2 * HOUR, outages).map(({ at }) => at)
    expect(starts.filter((at) => findOutage(outages, at) !== undefined)).toEqual([])
    expect(starts.length).toBeLessThan(startsOf(2 * HOUR).length)
  })
})

describe('outages', () => {
  const outages = drawOutages(new Draws(1, 'outages'), YEARS)

  it('last 3 to 18 hours', () => {
    const hours = outages.map(({ from, until }) => (until - from) / HOUR)
    expect(Math.min(...hours)).toBeGreaterThanOrEqual(3)
    expect(Math.max(...hours)).toBeLessThan(18)
    expect(Math.max(...hours)).toBeGreaterThan(17)
  })

  it('come every 45 to 105 days', () => {
    const days = outages.slice(1).map(({ from }, index) => (from - outages[index]!.until) / DAY)
    expect(Math.min(...days)).toBeGreaterThanOrEqual(45)
    expect(Math.max(...days)).toBeLessThan(105)
    expect(outages.length / 40).toBeCloseTo(365 / 75.4, 0)
  })

  it('are the same in every replay of a seed, and others with another one', () => {
    expect(drawOutages(new Draws(1, 'outages'), YEARS)).toEqual(outages)
    expect(drawOutages(new Draws(2, 'outages'), YEARS)).not.toEqual(outages)
  })
})
