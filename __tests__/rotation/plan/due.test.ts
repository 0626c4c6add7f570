import { describe, expect, it } from '@jest/globals'
import { findDueReasons, findNextDue } from '../../../src/rotation/plan/due.ts'
import {
  DAY,
  HOUR,
  LEASE,
  MINUTE,
  NOW,
  endless,
  inputOf,
  made,
  missing,
  named,
  refused,
  undated,
  unread,
  unreadable,
  working,
  type Situation
} from './situation.ts'

interface Case {
  readonly title: string
  readonly given: Situation
  /** Every reason, as `rule: message`; none where the rotation is not due. */
  readonly reasons: readonly string[]
}

const FORCED = 'forced: The rotation is forced: `force` is true.'
const CONTAIN = 'contain: The command is contain: everything older is replaced in every slot and revoked.'
const HAND_MADE = 'first: c: PRIMARY was created by hand; the first rotation adopts it.'
const NO_SECONDARY = 'fallback: c: there is no SECONDARY yet.'
const SAME = 'same: c: PRIMARY and SECONDARY hold the same credential.'

const COMMAND: readonly Case[] = [
  { title: 'is not due an hour after a rotation', given: {}, reasons: [] },
  { title: 'is due when `force` is true', given: { force: true }, reasons: [FORCED] },
  { title: 'is due when the command is contain', given: { contain: true }, reasons: [CONTAIN] }
]

const INTERVAL: readonly Case[] = [
  {
    title: 'is due in every run when no interval is configured',
    given: { every: null },
    reasons: ['always: No interval is configured: every run rotates.']
  },
  {
    title: 'is not due more than five minutes before its interval ends',
    given: { every: HOUR + 5 * MINUTE + 1 },
    reasons: []
  },
  {
    title: 'is due five minutes before its interval ends, for a trigger that is punctual',
    given: { every: HOUR + 5 * MINUTE },
    reasons: ['interval: The interval of 65m ends at 2026-01-10T00:05:00Z.']
  },
  {
    title: 'is not due more than a twelfth of a short interval early',
    given: { every: 12 * MINUTE, now: NOW - 49 * MINUTE - 1 },
    reasons: []
  },
  {
    title: 'is due when its interval ends',
    given: { every: HOUR },
    reasons: ['interval: The interval of 60m ended at 2026-01-10T00:00:00Z.']
  },
  {
    title: 'is not due by its interval when it is not known when PRIMARY was created',
    given: { every: HOUR, objects: [undated(made('p', HOUR)), undated(made('s', 2 * HOUR))] },
    reasons: []
  }
]

const PRIMARY: readonly Case[] = [
  {
    title: 'is due when PRIMARY was created by hand',
    given: { primary: working('h'), secondary: missing, objects: [named('h', 'by hand')] },
    reasons: [HAND_MADE]
  },
  {
    title: 'is due when a run has adopted PRIMARY and was killed',
    given: {
      primary: working('h'),
      secondary: missing,
      objects: [named('h', 'rotate/0123abcd/r/c/20251211T000000Z-0.0')]
    },
    reasons: [HAND_MADE]
  },
  {
    title: 'is due when PRIMARY is refused',
    given: {
      primary: refused,
      entries: { P: { updatedAt: NOW - 3 * HOUR } },
      objects: [made('s', 2 * HOUR)]
    },
    reasons: ['dead: c: PRIMARY does not work (401: Invalid API Token).']
  },
  {
    title: 'is due when a probe rejects PRIMARY',
    given: {
      primary: { state: 'rejected', id: 'p', reason: 'the probe answered 403' },
      entries: { P: { updatedAt: NOW - 3 * HOUR } }
    },
    reasons: ['dead: c: PRIMARY does not work (the probe answered 403).']
  },
  {
    title: 'is due when PRIMARY cannot be read',
    given: {
      primary: unreadable,
      entries: { P: { updatedAt: NOW - 3 * HOUR } },
      objects: [made('s', 2 * HOUR)]
    },
    reasons: ['unreadable: c: PRIMARY could not be read, and SECONDARY works (A block page answered.)']
  },
  {
    title: 'is not due while more than a third of the lifetime of PRIMARY is left',
    given: {
      objects: [made('p', 6 * DAY), made('s', 7 * DAY)],
      entries: { P: { updatedAt: NOW - 6 * DAY }, S: { updatedAt: NOW - 6 * DAY } }
    },
    reasons: []
  },
  {
    title: 'is due when a third of the lifetime of PRIMARY is left',
    given: {
      objects: [made('p', 9 * DAY, { expiresAt: NOW + 4.5 * DAY }), made('s', 10 * DAY)],
      entries: { P: { updatedAt: NOW - 9 * DAY }, S: { updatedAt: NOW - 9 * DAY } }
    },
    reasons: ['expiring: c: PRIMARY expires at 2026-01-14T12:00:00Z.']
  },
  {
    title: 'is due by the expiry that PRIMARY says of itself where the list leaves it out',
    given: {
      primary: { state: 'working', id: 'p', expiresAt: NOW + 4.5 * DAY },
      objects: [endless(made('p', 9 * DAY)), made('s', 10 * DAY)],
      entries: { P: { updatedAt: NOW - 9 * DAY }, S: { updatedAt: NOW - 9 * DAY } }
    },
    reasons: ['expiring: c: PRIMARY expires at 2026-01-14T12:00:00Z.']
  },
  {
    title: 'is due when PRIMARY works and the list lacks it',
    given: { objects: [] },
    reasons: [
      'unreadable: c: PRIMARY works, but auth.tokens cannot see its token p, so it is not known how old it is and what it may do.'
    ]
  },
  {
    title: 'is not due when PRIMARY never expires',
    given: { objects: [named('p', made('p', HOUR).name, HOUR), made('s', 2 * HOUR)] },
    reasons: []
  }
]

const SECONDARY: readonly Case[] = [
  {
    title: 'is due when there is no SECONDARY',
    given: { secondary: missing, entries: { S: null }, objects: [made('p', HOUR)] },
    reasons: [NO_SECONDARY, 'disagreement: GitHub: S is missing.']
  },
  {
    title: 'is due when SECONDARY is a placeholder, although a destination holds it',
    given: { secondary: { state: 'missing', placeholder: true } },
    reasons: [NO_SECONDARY]
  },
  {
    title: 'is not due when the step was not given a SECONDARY that a destination holds',
    given: { secondary: missing },
    reasons: []
  },
  {
    title: 'is not due for want of SECONDARY when there is a single slot',
    given: { secondary: null },
    reasons: []
  },
  {
    title: 'is due when SECONDARY is refused',
    given: { secondary: refused },
    reasons: ['fallback: c: SECONDARY does not work (401: Invalid API Token).']
  },
  {
    title: 'is due when a probe rejects SECONDARY',
    given: { secondary: { state: 'rejected', id: 's', reason: 'the probe answered 403' } },
    reasons: ['fallback: c: SECONDARY does not work (the probe answered 403).']
  },
  {
    title: 'is due when both slots hold the same object',
    given: { secondary: working('p') },
    reasons: [SAME]
  },
  {
    title: 'is due when SECONDARY was given the value of PRIMARY, without reading it',
    given: { secondary: unread, sameValue: true },
    reasons: [SAME]
  },
  {
    title: 'is due when a destination reports a SECONDARY that is not active',
    given: {
      secondary: unread,
      objects: [made('p', HOUR), made('s', 2 * HOUR, { status: 'expired' })],
      entries: { S: { holds: 's' } }
    },
    reasons: ['fallback: c: SECONDARY holds s, which is not active.']
  },
  { title: 'is not due when SECONDARY is not read yet', given: { secondary: unread }, reasons: [] },
  { title: 'is not due when SECONDARY cannot be read', given: { secondary: unreadable }, reasons: [] }
]

const DESTINATIONS: readonly Case[] = [
  {
    title: 'is due when a destination holds no PRIMARY',
    given: { entries: { P: null } },
    reasons: ['disagreement: GitHub: P is missing.']
  },
  {
    title: 'is not due when a destination that cannot be read shows no entry',
    given: { entries: { P: null, S: null }, writeOnly: true },
    reasons: []
  },
  {
    title: 'is due when a destination holds another value than the step was given',
    given: {
      entries: {
        P: { isValue: () => false },
        S: { isValue: (value) => value.reveal() === 'value of S' }
      }
    },
    reasons: ['disagreement: GitHub: P holds another value than this run was given.']
  },
  {
    title: 'is due when a destination was not written since before the lease of the last rotation',
    given: { entries: { S: { updatedAt: NOW - HOUR - LEASE - MINUTE } } },
    reasons: ['disagreement: GitHub: S was not written since 2026-01-09T22:54:00Z, before the last rotation.']
  },
  {
    title: 'is not due when a destination was written within the lease of the last rotation',
    given: { entries: { S: { updatedAt: NOW - HOUR - LEASE } } },
    reasons: []
  },
  {
    title: 'is due when a destination reports another PRIMARY than the step was given',
    given: { entries: { P: { holds: 'x' } } },
    reasons: ['disagreement: GitHub: P holds x, but this run was given p.']
  },
  {
    title: 'is due when a destination reports another SECONDARY than the step was given',
    given: { entries: { S: { holds: 'x' } } },
    reasons: ['disagreement: GitHub: S holds x, but this run was given s.']
  },
  {
    title: 'is not due when a destination reports what the step was given, whenever it was written',
    given: { entries: { P: { holds: 'p', updatedAt: 0 }, S: { holds: 's', updatedAt: 0 } } },
    reasons: []
  },
  {
    title: 'is not due for the entries of another home',
    given: {
      entries: { P: { otherHome: 'ffffffff', updatedAt: 0 }, S: { otherHome: 'ffffffff', updatedAt: 0 } }
    },
    reasons: []
  },
  {
    title: 'is due when PRIMARY may hold an object that is newer than the step was given',
    given: { objects: [made('p', 2 * HOUR), made('s', 3 * HOUR), made('n', HOUR)] },
    reasons: ['newer: c: a PRIMARY may hold the newer n, and this run was not given it.']
  },
  {
    title: 'is not due for a newer object when PRIMARY was not written since it was created',
    given: {
      objects: [made('p', 2 * HOUR), made('s', 3 * HOUR), made('n', 30 * MINUTE)]
    },
    reasons: []
  },
  {
    title: 'is not due for a newer object that SECONDARY holds after a rollback',
    given: {
      objects: [made('p', 2 * HOUR), made('n', HOUR)],
      secondary: working('n'),
      entries: { S: { holds: 'n' } }
    },
    reasons: []
  },
  {
    title: 'is not due for a newer object that is retired',
    given: {
      objects: [made('p', 2 * HOUR), made('s', 3 * HOUR), named('n', `${made('n', HOUR).name}~old`, HOUR)]
    },
    reasons: []
  }
]

describe('a rotation', () => {
  it.each([...COMMAND, ...INTERVAL, ...PRIMARY, ...SECONDARY, ...DESTINATIONS])(
    '$title',
    ({ given, reasons }) => {
      expect(findDueReasons(inputOf(given)).map(({ rule, message }) => `${rule}: ${message}`)).toEqual(
        reasons
      )
    }
  )

  it('is due for every reason there is, in the order of the rules', () => {
    const rules = findDueReasons(inputOf({ force: true, contain: true, every: HOUR, entries: { P: null } }))
    expect(rules.map(({ rule }) => rule)).toEqual(['contain', 'forced', 'interval', 'disagreement'])
  })

  it('is due because the secrets of one credential were written at different times', () => {
    const { observation, ...input } = inputOf({ entries: { Q: { updatedAt: NOW - 2 * HOUR } } })
    const [observed] = observation.credentials
    const fields = [...observed!.credential.fields, { field: 'client-secret', primary: 'Q' }]
    const credentials = [{ ...observed!, credential: { ...observed!.credential, fields } }]
    const reasons = findDueReasons({ ...input, observation: { ...observation, credentials } })
    expect(reasons.map(({ message }) => message)).toContain(
      'GitHub: the secrets of c were written at different times, so they may not belong together.'
    )
  })
})

describe('findNextDue', () => {
  const every = (everyMs?: number) =>
    inputOf(everyMs === undefined ? { every: null } : { every: everyMs }).rotation

  it('answers one interval after the oldest PRIMARY was created', () => {
    expect(findNextDue(every(DAY), [NOW - HOUR, NOW - 2 * HOUR])).toBe(NOW - 2 * HOUR + DAY)
  })

  it('answers undefined where every run rotates', () => {
    expect(findNextDue(every(), [NOW])).toBeUndefined()
  })

  it('answers undefined where it is not known when any PRIMARY was created', () => {
    expect(findNextDue(every(DAY), [undefined])).toBeUndefined()
  })
})
