import { describe, expect, it } from '@jest/globals'
import { alertKey, formatMarker, nextState, parseMarker, WHOLE_RUN } from '../../src/alerts/alert-state.ts'
import type { Outcome } from '../../src/rotation/outcome.ts'
import type { RunRecord } from '../../src/rotation/record-schema.ts'

const key = alertKey('octo-org/ops/.github/workflows/rotate.yml')

function record(outcomes: Readonly<Record<string, Outcome>>, failed = false): RunRecord {
  return {
    startedAt: '2026-01-02T00:00:00Z',
    error: failed ? { code: 'bad-configuration', message: 'x', hint: null, call: null } : null,
    rotations: Object.entries(outcomes).map(([name, outcome]) => ({ name, outcome }))
  } as unknown as RunRecord
}

describe('the marker', () => {
  it('is read back as it was written, by its own workflow alone', () => {
    const state = { failing: ['a', 'b-1', WHOLE_RUN], since: '2026-01-01T00:00:00Z', count: 12 }
    const text = `words\n${formatMarker(key, state)}\nwords`
    expect(parseMarker(key, text)).toEqual(state)
    expect(parseMarker(alertKey('octo-org/ops/.github/workflows/other.yml'), text)).toBeUndefined()
    expect(parseMarker(key, 'words')).toBeUndefined()
    expect(parseMarker(key, null)).toBeUndefined()
  })

  it('is hidden in the rendered text', () => {
    expect(formatMarker(key, { failing: [], since: '2026-01-01T00:00:00Z', count: 1 })).toMatch(/^<!--.*-->$/)
  })
})

describe('what is failing', () => {
  const before = { failing: ['a', 'b'], since: '2026-01-01T00:00:00Z', count: 3 }

  it('begins with the first failure', () => {
    expect(nextState(undefined, record({ a: 'rolled-back', b: 'rotated' }))).toEqual({
      failing: ['a'],
      since: '2026-01-02T00:00:00Z',
      count: 1
    })
    expect(nextState(undefined, record({ a: 'rotated', b: 'locked' }))).toBeUndefined()
  })

  it('counts each failing run once and keeps its beginning', () => {
    expect(nextState(before, record({ a: 'failed', b: 'failed' }))).toEqual({ ...before, count: 4 })
  })

  it.each(['rotated', 'not-due', 'healthy'] as const)('ends with %s, and only then', (outcome) => {
    expect(nextState(before, record({ a: outcome }))).toEqual({ ...before, failing: ['b'] })
    expect(nextState(before, record({ a: outcome, b: outcome }))).toBeUndefined()
  })

  it.each(['locked', 'stale', 'planned'] as const)(
    'stays with %s, which says nothing about it',
    (outcome) => {
      expect(nextState(before, record({ a: outcome, b: outcome }))).toEqual(before)
    }
  )

  it('may be the whole run, which ends with any run that begins', () => {
    const whole = nextState(undefined, record({}, true))
    expect(whole?.failing).toEqual([WHOLE_RUN])
    expect(nextState(whole, record({ a: 'locked' }))).toBeUndefined()
  })
})
