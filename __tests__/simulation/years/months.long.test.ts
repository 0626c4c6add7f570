import { beforeAll, describe, expect, it } from '@jest/globals'
import { useFakeSealing } from '../../../simulation/fake-sealing.ts'
import { getSetting, SETTINGS } from '../../../simulation/years/settings.ts'
import { total, totalLapsed } from '../../../simulation/years/table.ts'
import { simulateYear, type YearResult } from '../../../simulation/years/year.ts'

/** GitHub is down on its 23rd day, and Cloudflare on its 40th. */
const SEED = 1

async function simulate(name: string, days: number): Promise<YearResult> {
  return await simulateYear(getSetting(name), { seed: SEED, days })
}

const TIMEOUT_MS = 120_000

describe('simulated months', () => {
  beforeAll(useFakeSealing)

  const daily = SETTINGS.filter(({ starts, holds }) => starts === '1d' && holds === 'always')

  it.each(daily.map(({ name }) => [name]))(
    'let nothing lapse: %s',
    async (name) => {
      const result = await simulate(name, 95)
      expect(totalLapsed(result)).toBe(0)
      expect(result.runs['rotated']).toBeGreaterThanOrEqual(3)
    },
    TIMEOUT_MS
  )

  it.each([['tokens-4d-cron'], ['tokens-4d-coordinator']])(
    'let nothing lapse of tokens that renew themselves: %s',
    async (name) => {
      const result = await simulate(name, 31)
      expect(totalLapsed(result)).toBe(0)
      expect(result.contradictions).toBe(0)
    },
    TIMEOUT_MS
  )

  it(
    'let tokens with two hours of lifetime lapse on GitHub’s cron, so that a person must replace them',
    async () => {
      const result = await simulate('tokens-2h-cron', 4)
      expect(result.lapsed.otherwise).toBeGreaterThan(60)
      expect(result.byHand).toBeGreaterThan(0)
      expect(result.contradictions).toBe(0)
    },
    TIMEOUT_MS
  )

  it(
    'let tokens with two hours of lifetime last with the coordinator',
    async () => {
      const result = await simulate('tokens-2h-coordinator', 4)
      expect(totalLapsed(result)).toBe(0)
      expect(result.longestGapMs).toBeLessThan(getSetting('tokens-2h-coordinator').survivesMs)
      expect(total(result.runs)).toBeGreaterThanOrEqual(4 * 24)
    },
    TIMEOUT_MS
  )

  it(
    'take the same course in every replay',
    async () => {
      expect(await simulate('deploy-60d-cron', 95)).toEqual(await simulate('deploy-60d-cron', 95))
    },
    TIMEOUT_MS
  )
})
