import { describe, expect, it } from '@jest/globals'
import {
  alertKey,
  formatMarker,
  nextState,
  parseMarker,
  WHOLE_RUN,
  withoutMarker,
  type AlertState
} from '../../../src/alerts/content/alert-state.ts'
import { worstOutcome, type Outcome } from '../../../src/rotation/model/outcome.ts'
import { failingRun, rotation, wholeRunFailure } from '../records.ts'

const key = alertKey('octo-org/ops/.github/workflows/rotate.yml')
const since = '2026-01-01T00:00:00Z'

function outcomes(ends: Readonly<Record<string, Outcome>>, failed = false) {
  const rotations = Object.entries(ends).map(([name, outcome]) => rotation({ name, outcome }))
  const outcome = worstOutcome(Object.values(ends))
  return failed ? { ...wholeRunFailure(), rotations } : failingRun({ outcome, rotations })
}

const names = (state: AlertState | undefined) => state?.failing.map(({ name }) => name)

describe('the marker', () => {
  const state: AlertState = {
    failing: [
      { name: WHOLE_RUN, outcome: 'failed', source: 'rotate', safety: undefined },
      { name: 'a', outcome: 'rolled-back', source: 'plan', safety: '2026-01-03T04:00:00Z' },
      { name: 'b-1', outcome: 'failed', source: 'check', safety: 'now' }
    ],
    since,
    count: 12,
    at: '2026-01-02T00:00:20Z'
  }

  it('is read back as it was written, by its own workflow alone', () => {
    const text = `words\n${formatMarker(key, state)}\nwords`
    expect(parseMarker(key, text)).toEqual(state)
    expect(parseMarker(alertKey('octo-org/ops/.github/workflows/other.yml'), text)).toBeUndefined()
    expect(parseMarker(key, 'words')).toBeUndefined()
    expect(parseMarker(key, null)).toBeUndefined()
  })

  it('that was tampered with does not break the alert', () => {
    const odd = `<!-- rotate-action alert=${key} failing=a,b since=${since} count=3 at=x state= -->`
    expect(() => parseMarker(key, odd)).not.toThrow()
    const strange = `<!-- rotate-action alert=${key} failing=a since=${since} count=3 at=${since} state=boom/:::/x -->`
    expect(parseMarker(key, strange)?.failing[0]).toEqual({
      name: 'a',
      outcome: 'failed',
      source: 'rotate',
      safety: ':::'
    })
  })

  it('is hidden in the rendered text, and can be taken out again', () => {
    const marker = formatMarker(key, state)
    expect(marker).toMatch(/^<!--[^>]*-->$/)
    expect(withoutMarker(`text\n\n${marker}`)).toBe('text')
  })
})

describe('what is failing', () => {
  const before: AlertState = {
    failing: [
      { name: 'a', outcome: 'rolled-back', source: 'rotate', safety: '2026-02-01T00:00:00Z' },
      { name: 'b', outcome: 'rolled-back', source: 'rotate', safety: undefined }
    ],
    since,
    count: 3,
    at: since
  }

  it('begins with the first failure', () => {
    expect(nextState(undefined, outcomes({ a: 'rolled-back', b: 'rotated' }))).toEqual({
      failing: [{ name: 'a', outcome: 'rolled-back', source: 'rotate', safety: '2026-01-03T04:00:00Z' }],
      since: '2026-01-02T00:00:00Z',
      count: 1,
      at: '2026-01-02T00:00:20Z'
    })
    expect(nextState(undefined, outcomes({ a: 'rotated', b: 'locked' }))).toBeUndefined()
  })

  it('counts each failing run once and keeps its beginning', () => {
    expect(nextState(before, outcomes({ a: 'failed', b: 'failed' }))).toMatchObject({ since, count: 4 })
  })

  it.each(['rotate', 'plan', 'check'] as const)(
    'of a check stays with a well %s, unless that is a check',
    (command) => {
      const found = nextState(undefined, { ...outcomes({ a: 'unhealthy' }), command: 'check' })
      const well = { rotate: 'not-due', plan: 'planned', check: 'healthy' } as const
      const after = nextState(found, { ...outcomes({ a: well[command] }), command })
      expect(after).toEqual(command === 'check' ? undefined : found)
    }
  )

  it.each(['rotate', 'rollback', 'plan', 'check'] as const)(
    'of a rotation stays with a well %s, unless that rotates',
    (command) => {
      const well = { rotate: 'rotated', rollback: 'rotated', plan: 'planned', check: 'healthy' } as const
      const after = nextState(before, { ...outcomes({ a: well[command], b: well[command] }), command })
      expect(after).toEqual(command === 'rotate' || command === 'rollback' ? undefined : before)
    }
  )

  it('of a plan ends with a plan or a rotation', () => {
    const failed = nextState(undefined, { ...outcomes({ a: 'failed' }), command: 'plan' })
    expect(failed?.failing.map(({ source }) => source)).toEqual(['plan'])
    expect(nextState(failed, { ...outcomes({ a: 'healthy' }), command: 'check' })).toEqual(failed)
    expect(nextState(failed, { ...outcomes({ a: 'planned' }), command: 'plan' })).toBeUndefined()
    expect(nextState(failed, outcomes({ a: 'not-due' }))).toBeUndefined()
  })

  it.each(['rotated', 'not-due'] as const)('ends with %s, and only then', (outcome) => {
    expect(nextState(before, outcomes({ a: outcome }))).toEqual({ ...before, failing: [before.failing[1]] })
    expect(nextState(before, outcomes({ a: outcome, b: outcome }))).toBeUndefined()
  })

  it.each(['locked', 'stale', 'planned'] as const)(
    'stays with %s, which says nothing about it',
    (outcome) => {
      expect(nextState(before, outcomes({ a: outcome, b: outcome }))).toEqual(before)
    }
  )

  it('may be the whole run, which ends with any run that begins', () => {
    const whole = nextState(undefined, outcomes({}, true))
    expect(names(whole)).toEqual([WHOLE_RUN])
    expect(nextState(whole, outcomes({ a: 'locked' }))).toBeUndefined()
  })

  it('may be of no rotation, such as what a check finds', () => {
    const unhealthy = failingRun({ outcome: 'unhealthy', rotations: [] })
    expect(nextState(undefined, unhealthy)?.failing).toEqual([
      { name: WHOLE_RUN, outcome: 'unhealthy', source: 'rotate', safety: undefined }
    ])
  })

  it('remembers until when consumers are safe where a run could not look', () => {
    const blind = rotation({ name: 'a', credentials: [], safeUntil: null })
    expect(nextState(before, failingRun({ rotations: [blind] }))?.failing[0]).toMatchObject({
      safety: '2026-02-01T00:00:00Z'
    })
    const over = failingRun({ rotations: [blind], endedAt: '2026-02-01T00:00:00Z' })
    expect(nextState(before, over)?.failing[0]).toMatchObject({ safety: 'now' })
  })
})
