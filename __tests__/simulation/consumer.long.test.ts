import { beforeAll, describe, expect, it } from '@jest/globals'
import { useFakeSealing } from '../../simulation/fake-sealing.ts'
import { watchRotations } from '../../simulation/watched-rotations.ts'

beforeAll(useFakeSealing)

describe('example Worker during rotations with faults', () => {
  it.each([
    ['sees every write at once, and PRIMARY is deleted by hand now and then', { lagCalls: 0, seed: 2 }],
    ['sees each write up to thirty calls late, less than a rotation', { lagCalls: 30, seed: 2 }]
  ])(
    'answers every request of the Worker when it %s',
    async (_how, { lagCalls, seed }) => {
      const report = await watchRotations({ rotations: 12, seed, lagCalls, everyNthCall: 9 })
      expect(report.failures).toEqual([])
      expect(report.violations).toEqual([])
      expect(report.outcomes['rotated']).toBe(12)
      expect(report.requests).toBeGreaterThan(200)
      // Something did fail, or there would have been nothing to notice.
      expect(report.faults).toBeGreaterThan(15)
      expect(report.outcomes['killed']).toBeGreaterThan(0)
      const { failed = 0, 'rolled-back': rolledBack = 0 } = report.outcomes
      expect(failed + rolledBack).toBeGreaterThan(0)
      expect(report.fallbacks > 0).toBe(report.manualDeletions > 0)
    },
    120_000
  )

  it('takes the same course with the same seed although the Worker runs in real time', async () => {
    const course = { rotations: 1, seed: 3, lagCalls: 10, everyNthCall: 9 }
    const [first, second] = [await watchRotations(course), await watchRotations(course)]
    expect({ ...second, requestMs: 0 }).toEqual({ ...first, requestMs: 0 })
  }, 60_000)
})
