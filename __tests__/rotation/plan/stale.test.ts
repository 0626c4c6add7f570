import { describe, expect, it } from '@jest/globals'
import { findStaleness, mayBeOutdated } from '../../../src/rotation/plan/stale.ts'
import {
  DAY,
  HOUR,
  MINUTE,
  NOW,
  inputOf,
  made,
  missing,
  named,
  refused,
  type Situation
} from './situation.ts'

/** Another run created n ten minutes ago, while this run was queued twenty minutes ago. */
const NEWER: Situation = {
  objects: [made('p', HOUR), made('s', 2 * HOUR), made('n', 10 * MINUTE, { run: '7' })],
  queuedAt: NOW - 20 * MINUTE,
  entries: { P: { updatedAt: NOW - 10 * MINUTE } }
}
const PROMOTED =
  'c: n was promoted by run 7 at 2026-01-09T23:50:00Z, after this run was queued, so the values that this run was given are no longer current.'

/** Run 7 gave p a new secret in place ten minutes ago. */
const RENEWED: Situation = {
  ...NEWER,
  inPlace: true,
  objects: [made('p', 10 * MINUTE, { run: '7' })],
  secondary: null
}

interface Case {
  readonly title: string
  readonly given: Situation
  /** Why the values are stale; undefined where they are current. */
  readonly reason: string | undefined
}

const CASES: readonly Case[] = [
  { title: 'are current when no object is newer than PRIMARY', given: {}, reason: undefined },
  {
    title: 'are stale when a newer object was promoted after the run was queued',
    given: NEWER,
    reason: PROMOTED
  },
  {
    title: 'are stale when a newer object was promoted in the second in which the run was queued',
    given: { ...NEWER, queuedAt: NOW - 10 * MINUTE + 999 },
    reason: PROMOTED
  },
  {
    title: 'are current when the run was queued after the newer object was promoted',
    given: { ...NEWER, queuedAt: NOW - 5 * MINUTE },
    reason: undefined
  },
  {
    title: 'are current when the run that created the newer object was killed before it wrote PRIMARY',
    given: { ...NEWER, entries: { P: { updatedAt: NOW - HOUR } } },
    reason: undefined
  },
  {
    title: 'are stale when it is not known when the run was queued',
    given: { ...NEWER, queuedAt: undefined },
    reason: PROMOTED
  },
  {
    title:
      'are current when a newer object was created longer ago than a run can be queued, at a time not known',
    given: {
      ...NEWER,
      queuedAt: undefined,
      objects: [made('p', 3 * DAY), made('n', 2 * DAY, { run: '7' })],
      entries: { P: { updatedAt: NOW - 2 * DAY } }
    },
    reason: undefined
  },
  {
    title: 'are current when this very run created the newer object',
    given: {
      ...NEWER,
      objects: [made('p', HOUR), made('s', 2 * HOUR), made('n', 10 * MINUTE, { run: '9' })]
    },
    reason: undefined
  },
  {
    title: 'are current when the newer object is not active',
    given: {
      ...NEWER,
      objects: [made('p', HOUR), made('n', 10 * MINUTE, { run: '7', status: 'expired' })]
    },
    reason: undefined
  },
  {
    title: 'are current when the newer object belongs to another rotation',
    given: {
      ...NEWER,
      objects: [made('p', HOUR), named('n', made('n', 0).name.replace('/r/', '/x/'), 10 * MINUTE)]
    },
    reason: undefined
  },
  {
    title: 'are stale when a destination reports the newer object in PRIMARY',
    given: { ...NEWER, entries: { P: { holds: 'n', updatedAt: 0 } } },
    reason: PROMOTED
  },
  {
    title: 'are current when a destination reports what the run was given',
    given: { ...NEWER, entries: { P: { holds: 'p' } } },
    reason: undefined
  },
  {
    title: 'are current when a destination holds no PRIMARY',
    given: { ...NEWER, entries: { P: null } },
    reason: undefined
  },
  {
    title: 'are current when the destination that was written feeds no run',
    given: { ...NEWER, feedsNextRun: false },
    reason: undefined
  },
  {
    title: 'are stale when PRIMARY is refused and a newer object was promoted',
    given: {
      ...NEWER,
      primary: refused,
      objects: [made('n', 10 * MINUTE, { run: '7' })]
    },
    reason: PROMOTED
  },
  {
    title: 'are stale when another run gave the same object a new secret after the run was queued',
    given: RENEWED,
    reason: PROMOTED.replace('c: n', 'c: p')
  },
  {
    title: 'are current when another run gave the same object a new secret before the run was queued',
    given: { ...RENEWED, queuedAt: NOW - 5 * MINUTE },
    reason: undefined
  },
  {
    title: 'are current when this very run gave the same object a new secret',
    given: { ...RENEWED, objects: [made('p', 10 * MINUTE, { run: '9' })] },
    reason: undefined
  }
]

describe('the values of a run', () => {
  it.each(CASES)('$title', ({ given, reason }) => {
    expect(findStaleness(inputOf(given))).toBe(reason)
  })
})

describe('mayBeOutdated', () => {
  it.each<readonly [boolean, string, Situation]>([
    [false, 'no object is newer than PRIMARY', {}],
    [true, 'an object of another run is newer than PRIMARY', NEWER],
    [true, 'PRIMARY is missing and another run created an object', { ...NEWER, primary: missing }],
    [true, 'another run gave the same object a new secret within a day', RENEWED],
    [
      false,
      'another run gave the same object a new secret longer ago',
      { ...RENEWED, objects: [made('p', DAY + 1, { run: '7' })] }
    ]
  ])('answers %s when %s', (expected, _when, given) => {
    const input = inputOf(given)
    expect(mayBeOutdated(input.observation.credentials[0]!, input)).toBe(expected)
  })
})
