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

describe('marker of an alert', () => {
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

  it('is read as it was written, only by its own workflow', () => {
    const text = `words\n${formatMarker(key, state)}\nwords`
    expect(parseMarker(key, text)).toEqual(state)
    expect(parseMarker(alertKey('octo-org/ops/.github/workflows/other.yml'), text)).toBeUndefined()
    expect(parseMarker(key, 'words')).toBeUndefined()
    expect(parseMarker(key, null)).toBeUndefined()
  })

  it('reads a state that was tampered with as a failed rotation', () => {
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

  it('is an HTML comment and can be removed again', () => {
    const marker = formatMarker(key, state)
    expect(marker).toMatch(/^<!--[^>]*-->$/)
    expect(withoutMarker(`text\n\n${marker}`)).toBe('text')
  })
})

describe('state of an alert', () => {
  const before: AlertState = {
    failing: [
      { name: 'a', outcome: 'rolled-back', source: 'rotate', safety: '2026-02-01T00:00:00Z' },
      { name: 'b', outcome: 'rolled-back', source: 'rotate', safety: undefined }
    ],
    since,
    count: 3,
    at: since
  }

  it('begins with the first run that fails', () => {
    expect(nextState(undefined, outcomes({ a: 'rolled-back', b: 'rotated' }))).toEqual({
      failing: [{ name: 'a', outcome: 'rolled-back', source: 'rotate', safety: '2026-01-03T04:00:00Z' }],
      since: '2026-01-02T00:00:00Z',
      count: 1,
      at: '2026-01-02T00:00:20Z'
    })
    expect(nextState(undefined, outcomes({ a: 'rotated', b: 'locked' }))).toBeUndefined()
  })

  it('counts each failing run once and keeps the time of the first', () => {
    expect(nextState(before, outcomes({ a: 'failed', b: 'failed' }))).toMatchObject({ since, count: 4 })
  })

  it.each(['rotate', 'plan', 'check'] as const)(
    'keeps what a check found after a %s that succeeds, unless that is a check',
    (command) => {
      const found = nextState(undefined, { ...outcomes({ a: 'unhealthy' }), command: 'check' })
      const well = { rotate: 'not-due', plan: 'planned', check: 'healthy' } as const
      const after = nextState(found, { ...outcomes({ a: well[command] }), command })
      expect(after).toEqual(command === 'check' ? undefined : found)
    }
  )

  it.each(['rotate', 'rollback', 'plan', 'check'] as const)(
    'keeps a failed rotation after a %s that succeeds, unless that rotates',
    (command) => {
      const well = { rotate: 'rotated', rollback: 'rotated', plan: 'planned', check: 'healthy' } as const
      const after = nextState(before, { ...outcomes({ a: well[command], b: well[command] }), command })
      expect(after).toEqual(command === 'rotate' || command === 'rollback' ? undefined : before)
    }
  )

  it('drops a failed plan after a plan or a rotation that succeeds', () => {
    const failed = nextState(undefined, { ...outcomes({ a: 'failed' }), command: 'plan' })
    expect(failed?.failing.map(({ source }) => source)).toEqual(['plan'])
    expect(nextState(failed, { ...outcomes({ a: 'healthy' }), command: 'check' })).toEqual(failed)
    expect(nextState(failed, { ...outcomes({ a: 'planned' }), command: 'plan' })).toBeUndefined()
    expect(nextState(failed, outcomes({ a: 'not-due' }))).toBeUndefined()
  })

  it.each(['rotated', 'not-due'] as const)('ends when every rotation that failed is %s', (outcome) => {
    expect(nextState(before, outcomes({ a: outcome }))).toEqual({ ...before, failing: [before.failing[1]] })
    expect(nextState(before, outcomes({ a: outcome, b: outcome }))).toBeUndefined()
  })

  it.each(['locked', 'stale', 'planned'] as const)('stays as it is when the rotations are %s', (outcome) => {
    expect(nextState(before, outcomes({ a: outcome, b: outcome }))).toEqual(before)
  })

  it('drops a failure of the whole run after any run that begins', () => {
    const whole = nextState(undefined, outcomes({}, true))
    expect(names(whole)).toEqual([WHOLE_RUN])
    expect(nextState(whole, outcomes({ a: 'locked' }))).toBeUndefined()
  })

  it('has a failure of the whole run when a check finds an error of no rotation', () => {
    const unhealthy = failingRun({ outcome: 'unhealthy', rotations: [] })
    expect(nextState(undefined, unhealthy)?.failing).toEqual([
      { name: WHOLE_RUN, outcome: 'unhealthy', source: 'rotate', safety: undefined }
    ])
  })

  it('keeps the time until which consumers are safe when a run could not look', () => {
    const blind = rotation({ name: 'a', credentials: [], safeUntil: null })
    expect(nextState(before, failingRun({ rotations: [blind] }))?.failing[0]).toMatchObject({
      safety: '2026-02-01T00:00:00Z'
    })
    const over = failingRun({ rotations: [blind], endedAt: '2026-02-01T00:00:00Z' })
    expect(nextState(before, over)?.failing[0]).toMatchObject({ safety: 'now' })
  })
})
