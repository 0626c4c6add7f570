import { describe, expect, it } from '@jest/globals'
import type { AlertState, Failing } from '../../../src/alerts/content/alert-state.ts'
import { findEscalations } from '../../../src/alerts/content/escalation.ts'
import { renderMarkdown } from '../../../src/alerts/content/message.ts'
import { unbreakable } from '../records.ts'

const then = '2026-01-10T00:00:00Z'
const now = '2026-01-10T04:00:00Z'
const far = '2026-02-01T00:00:00Z'
const near = '2026-01-11T02:00:00Z'

function state(at: string, ...failing: readonly Failing[]): AlertState {
  return { failing, since: then, count: 1, at }
}

const a = (outcome: Failing['outcome'], safety: Failing['safety'], name = 'a'): Failing => ({
  name,
  outcome,
  source: 'rotate',
  safety
})

function said(before: AlertState, after: AlertState): string {
  return renderMarkdown({ lead: [{ list: findEscalations(before, after) }], sections: [] })
}

describe('alert about a failure that repeats', () => {
  it.each([
    ['in the same way', a('rolled-back', far), a('rolled-back', far)],
    ['while consumers fail', a('failed', 'now'), a('failed', 'now')],
    ['within the last day', a('failed', '2026-01-10T20:00:00Z'), a('failed', '2026-01-10T20:00:00Z')],
    ['less badly', a('failed', far), a('rolled-back', far)],
    ['with more time', a('failed', near), a('failed', far)],
    ['with a little less time, but much', a('failed', far), a('failed', '2026-01-20T00:00:00Z')],
    ['without an end, as before', a('rolled-back', undefined), a('rolled-back', undefined)]
  ])('does not get worse %s', (_how, before, after) => {
    expect(findEscalations(state(then, before), state(now, after))).toEqual([])
  })
})

describe('escalation of an alert', () => {
  it('names another rotation that fails too', () => {
    const after = state(now, a('rolled-back', far), a('rolled-back', far, 'b'))
    expect(said(state(then, a('rolled-back', far)), after)).toBe('- `b` fails too.')
  })

  it('says when a rotation could not be rolled back any more', () => {
    expect(said(state(then, a('rolled-back', far)), state(now, a('failed', far)))).toContain(
      '`a` was rolled back by the previous run'
    )
  })

  it('says when consumers fail now', () => {
    for (const before of [a('failed', far), a('failed', undefined), a('rolled-back', undefined)]) {
      expect(said(state(then, before), state(now, a('failed', 'now')))).toBe('- Consumers of `a` fail now.')
    }
  })

  it('says when less time is left than before and it is less than a day', () => {
    expect(said(state(then, a('failed', far)), state(now, a('failed', near)))).toBe(
      `- Consumers of \`a\` are safe only until ${unbreakable('2026-01-11 02:00 UTC')}, which is earlier than before.`
    )
  })

  it('says when the last day begins', () => {
    expect(said(state(then, a('failed', near)), state(now, a('failed', near)))).toContain(
      'Less than a day is left'
    )
  })

  it('says when no rotation can begin any more, but not when one that could not begin fails by itself', () => {
    const whole = a('failed', undefined, '*')
    expect(said(state(then, a('failed', far)), state(now, whole, a('failed', far)))).toContain(
      'No rotation can'
    )
    expect(findEscalations(state(then, whole), state(now, a('rolled-back', far)))).toEqual([])
    expect(said(state(then, whole), state(now, a('failed', 'now')))).toContain('its consumers fail now')
  })
})
