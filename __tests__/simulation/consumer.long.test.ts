import { beforeAll, describe, expect, it } from '@jest/globals'
import { useFakeSealing } from '../../simulation/fake-sealing.ts'
import { watchRotations } from '../../simulation/watched-rotations.ts'

beforeAll(useFakeSealing)

describe('example Worker during rotations with faults', () => {
  it.each([
    ['sees every write at once, and PRIMARY is deleted by hand now and then', 12, { lagSeconds: 0 }],
    ['sees each write up to 200 seconds late', 6, { lagSeconds: 200 }],
    ['sees each write up to 30 seconds late and knows one slot only', 12, { lagSeconds: 30, slots: 1 }]
  ] as const)(
    'answers every request of the Worker when it %s',
    async (_how, rotations, options) => {
      const report = await watchRotations({ rotations, seed: 2, everyNthCall: 9, ...options })
      expect(report.failures).toEqual([])
      expect(report.violations).toEqual([])
      expect(report.outcomes['rotated']).toBe(rotations)
      expect(report.requests).toBeGreaterThan(100)
      // Something did fail, or there would have been nothing to notice.
      expect(report.faults).toBeGreaterThan(5)
      expect(report.outcomes['killed']).toBeGreaterThan(0)
      const { failed = 0, 'rolled-back': rolledBack = 0 } = report.outcomes
      expect(failed + rolledBack).toBeGreaterThan(0)
      expect(report.fallbacks > 0).toBe(report.manualDeletions > 0)
    },
    120_000
  )

  it('notices requests that fail when values are seen late and no one looks', async () => {
    const late = { rotations: 2, seed: 2, everyNthCall: 9, lagSeconds: 30, slots: 1 } as const
    expect((await watchRotations({ ...late, eyes: false })).failures).not.toEqual([])
    expect((await watchRotations(late)).failures).toEqual([])
  }, 60_000)

  it('takes the same course with the same seed although the Worker runs in real time', async () => {
    const course = { rotations: 1, seed: 3, lagSeconds: 30, everyNthCall: 9 }
    const [first, second] = [await watchRotations(course), await watchRotations(course)]
    expect({ ...second, requestMs: 0 }).toEqual({ ...first, requestMs: 0 })
  }, 60_000)
})
