import { describe, expect, it } from '@jest/globals'
import { isFailure, OUTCOMES, worstOutcome } from '../../../src/rotation/model/outcome.ts'

describe('outcomes', () => {
  it('are the ones of the contract', () => {
    expect([...OUTCOMES].sort()).toEqual([
      'failed',
      'healthy',
      'locked',
      'not-due',
      'planned',
      'rolled-back',
      'rotated',
      'stale',
      'unhealthy'
    ])
  })

  it('that fail the workflow are three', () => {
    expect(OUTCOMES.filter(isFailure).sort()).toEqual(['failed', 'rolled-back', 'unhealthy'])
  })

  it('of several: a failure is worse than anything else, and failed than rolled back', () => {
    for (const outcome of OUTCOMES) {
      expect(worstOutcome([outcome])).toBe(outcome)
      expect(worstOutcome([outcome, 'failed', 'rotated'])).toBe('failed')
      expect(isFailure(worstOutcome([outcome, 'rolled-back']))).toBe(true)
      expect(isFailure(worstOutcome([outcome, 'rotated']))).toBe(isFailure(outcome))
    }
    expect(worstOutcome(['failed', 'rolled-back'])).toBe('failed')
    expect(worstOutcome([])).toBe('not-due')
  })
})
