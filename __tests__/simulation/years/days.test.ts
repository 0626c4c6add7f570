import { beforeAll, describe, expect, it } from '@jest/globals'
import { useFakeSealing } from '../../../simulation/fake-sealing.ts'
import { getSetting } from '../../../simulation/years/settings.ts'
import { simulateYear } from '../../../simulation/years/year.ts'

describe('a few simulated days', () => {
  beforeAll(useFakeSealing)

  it('rotate a deploy token on time with the coordinator', async () => {
    const result = await simulateYear(getSetting('deploy-21d-coordinator'), { seed: 1, days: 9 })
    expect(result).toMatchObject({ lapsed: { inOutages: 0, afterOutages: 0, otherwise: 0 }, byHand: 0 })
    expect(result.runs).toEqual({ 'not-due': 8, rotated: 1 })
  })
})
