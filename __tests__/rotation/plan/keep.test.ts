import { describe, expect, it } from '@jest/globals'
import { makePlan, type CredentialPlan } from '../../../src/rotation/plan/plan.ts'
import {
  DAY,
  HOUR,
  LEASE,
  MINUTE,
  NOW,
  inputOf,
  made,
  missing,
  named,
  refused,
  unread,
  unreadable,
  working,
  type Situation
} from './situation.ts'

interface Case {
  readonly title: string
  readonly given: Situation
  /** Each object that is revoked, as `id: reason`. */
  readonly revoked?: readonly string[]
  /** Each object that is kept, as `id: reason`. */
  readonly kept?: readonly string[]
}

const ROTATING: Situation = { force: true }
const SLOTS = [made('p', HOUR), made('s', 2 * HOUR)] as const
const RETIRED = named('o', `${made('o', 3 * HOUR).name}~old`, 3 * HOUR)
const USED = 'a consumer still holds it'

const SLOT_CASES: readonly Case[] = [
  {
    title: 'keeps what an unfinished run left while a destination that cannot be read may hold it',
    given: { writeOnly: true, secondary: null, objects: [made('p', HOUR), made('o', 2 * HOUR)] },
    kept: ['o: GitHub may hold it and cannot be read: the next rotation revokes it']
  },
  {
    title:
      'revokes what an unfinished run left in a rotation, which writes a destination that cannot be read',
    given: {
      ...ROTATING,
      writeOnly: true,
      secondary: null,
      objects: [made('p', HOUR), made('o', 2 * HOUR)]
    },
    revoked: ['p: replaced', 'o: orphan']
  },
  { title: 'keeps what both slots hold when no rotation is due', given: {} },
  { title: 'revokes what falls out of SECONDARY in a rotation', given: ROTATING, revoked: ['s: replaced'] },
  {
    title: 'revokes a SECONDARY that was made by hand once it falls out',
    given: { ...ROTATING, secondary: working('h'), objects: [made('p', HOUR), named('h', 'by hand')] },
    revoked: ['h: replaced']
  },
  {
    title: 'revokes the one before in a rotation with a single slot',
    given: { ...ROTATING, secondary: null, objects: [made('p', HOUR)] },
    revoked: ['p: replaced']
  },
  {
    title: 'revokes nothing that gets a new secret in place',
    given: { ...ROTATING, secondary: null, inPlace: true, objects: [made('p', HOUR)] }
  },
  {
    title: 'revokes nothing that serves consumers from SECONDARY while PRIMARY is refused',
    given: { ...ROTATING, primary: refused, objects: [made('s', 2 * HOUR)] }
  },
  {
    title: 'revokes both slots with the command contain',
    given: { contain: true },
    revoked: ['p: replaced', 's: replaced']
  }
]

const USE_CASES: readonly Case[] = [
  {
    title: 'revokes an old one that was last used before its successor was promoted',
    given: { ...ROTATING, objects: [SLOTS[0], made('s', 2 * HOUR, { lastUsedAt: NOW - HOUR - MINUTE })] },
    revoked: ['s: replaced']
  },
  {
    title: 'revokes an old one that the run which promoted its successor used last',
    given: { ...ROTATING, objects: [SLOTS[0], made('s', 2 * HOUR, { lastUsedAt: NOW - HOUR + LEASE })] },
    revoked: ['s: replaced']
  },
  {
    title: 'keeps an old one that was used after its successor was promoted',
    given: { ...ROTATING, objects: [SLOTS[0], made('s', 2 * HOUR, { lastUsedAt: NOW - 30 * MINUTE })] },
    kept: [`s: it was used at 2026-01-09T23:30:00Z, after its successor was promoted: ${USED}`]
  },
  {
    title: 'revokes an old one that was used since when `revoke.in-use` is ignore',
    given: {
      ...ROTATING,
      revoke: { inUse: 'ignore' },
      objects: [SLOTS[0], made('s', 2 * HOUR, { lastUsedAt: NOW - 30 * MINUTE })]
    },
    revoked: ['s: replaced']
  },
  {
    title: 'revokes an old one that was used since when it has expired',
    given: {
      ...ROTATING,
      objects: [SLOTS[0], made('s', 2 * HOUR, { lastUsedAt: NOW - 30 * MINUTE, status: 'expired' })]
    },
    revoked: ['s: replaced']
  },
  {
    title: 'revokes one that was used since with the command contain',
    given: {
      contain: true,
      objects: [SLOTS[0], made('s', 2 * HOUR, { lastUsedAt: NOW - 30 * MINUTE })]
    },
    revoked: ['p: replaced', 's: replaced']
  },
  {
    title: 'keeps an old one whose value has another use',
    given: {
      ...ROTATING,
      heldElsewhere: (_, id) => (id === 's' ? '$OTHER holds the same value' : undefined)
    },
    kept: ['s: $OTHER holds the same value']
  },
  {
    title: 'keeps one whose value has another use with the command contain',
    given: {
      contain: true,
      heldElsewhere: (_, id) => (id === 's' ? '$OTHER holds the same value' : undefined)
    },
    revoked: ['p: replaced'],
    kept: ['s: $OTHER holds the same value']
  },
  {
    title: 'keeps what a slot holds of another home',
    given: {
      ...ROTATING,
      objects: [SLOTS[0], named('s', made('s', 0).name.replace('0123abcd', 'ffffffff'), 2 * HOUR)]
    },
    kept: ['s: it belongs to the home ffffffff, which another repository or environment rotates']
  }
]

const RETIRED_CASES: readonly Case[] = [
  {
    title: 'keeps a retired one until the next rotation when `revoke.after` is next-rotation',
    given: { revoke: { after: 'next-rotation' }, objects: [...SLOTS, RETIRED] },
    kept: ['o: it is kept until the next rotation']
  },
  {
    title: 'revokes a retired one in the next rotation when `revoke.after` is next-rotation',
    given: { ...ROTATING, revoke: { after: 'next-rotation' }, objects: [...SLOTS, RETIRED] },
    revoked: ['s: replaced', 'o: replaced']
  },
  {
    title: 'revokes a retired one in every run when `revoke.after` is verify',
    given: { objects: [...SLOTS, RETIRED] },
    revoked: ['o: replaced']
  }
]

/** One object in no slot, besides those in the slots. */
function orphan(age: number, more: Parameters<typeof made>[2] = { run: '7' }): Situation {
  return { objects: [...SLOTS, made('o', age, more)] }
}

const ORPHAN_CASES: readonly Case[] = [
  {
    title: 'revokes an orphan of a run that ended',
    given: { ...orphan(3 * HOUR), endedRuns: new Set(['7']) },
    revoked: ['o: orphan']
  },
  {
    title: 'revokes an orphan of this very run',
    given: orphan(3 * HOUR, { run: '9' }),
    revoked: ['o: orphan']
  },
  {
    title: 'keeps an orphan of a run that may still be running',
    given: {
      objects: [made('p', 10 * MINUTE), made('s', 2 * HOUR), made('o', LEASE, { run: '7' })],
      entries: { P: { holds: 'p' }, S: { holds: 's' } }
    },
    kept: ['o: run 7 created it at 2026-01-09T23:55:00Z and may still be running']
  },
  {
    title: 'revokes an orphan of a run whose lease has ended',
    given: orphan(3 * HOUR),
    revoked: ['o: orphan']
  },
  {
    title: 'revokes an orphan that has expired',
    given: orphan(20 * DAY, { run: '7', status: 'expired' }),
    revoked: ['o: expired']
  },
  {
    title: 'keeps an orphan whose name names a run that does not exist',
    given: { ...orphan(3 * HOUR), unprovenRuns: new Map([['7', 'this repository has no such run']]) },
    kept: ['o: its name says that run 7 created it, and this repository has no such run']
  },
  {
    title: 'leaves an object of another rotation alone',
    given: { objects: [...SLOTS, named('o', 'rotate/0123abcd/x/c/20251201T000000Z-1.1')] }
  },
  {
    title: 'leaves an object of another credential alone',
    given: { objects: [...SLOTS, named('o', 'rotate/0123abcd/r/x/20251201T000000Z-1.1')] }
  },
  {
    title: 'leaves an object of another home alone',
    given: { objects: [...SLOTS, named('o', 'rotate/ffffffff/r/c/20251201T000000Z-1.1')] }
  },
  {
    title: 'leaves an object that was made by hand alone',
    given: { objects: [...SLOTS, named('o', 'mine')] }
  }
]

const HELD = 'may hold it, and its value'
const LATER = 'a later run revokes it once it is unused'

const UNREAD_CASES: readonly Case[] = [
  {
    title: 'keeps what an unreadable PRIMARY may hold',
    given: { ...ROTATING, primary: unreadable },
    kept: [`p: PRIMARY ${HELD} could not be read: ${LATER}`]
  },
  {
    title: 'keeps what a refused SECONDARY may hold',
    given: { ...ROTATING, secondary: refused },
    kept: [`s: SECONDARY ${HELD} could not be read: ${LATER}`]
  },
  {
    title: 'keeps what a rejected SECONDARY holds',
    given: { ...ROTATING, secondary: { state: 'rejected', id: 's', reason: 'the probe answered 403' } },
    kept: [`s: SECONDARY ${HELD} was rejected: ${LATER}`]
  },
  {
    title: 'revokes what an unreadable PRIMARY may hold with the command contain',
    given: { contain: true, primary: unreadable },
    revoked: ['p: orphan', 's: replaced']
  },
  {
    title: 'revokes the others when a destination reports what an unreadable PRIMARY holds',
    given: {
      ...ROTATING,
      primary: unreadable,
      objects: [made('p', HOUR, { run: '9' }), SLOTS[1], made('o', 3 * HOUR)],
      entries: { P: { holds: 'p' } }
    },
    revoked: ['o: orphan'],
    kept: [`p: PRIMARY ${HELD} could not be read: ${LATER}`]
  },
  {
    title: 'keeps, in a rotation, what a SECONDARY may hold that the step was not given',
    given: { ...ROTATING, secondary: missing },
    kept: ['s: S may hold it, and this run was not given its value']
  },
  {
    title: 'keeps, when nothing is due, each of several that an unread SECONDARY may hold',
    given: { secondary: unread, objects: [...SLOTS, made('o', 3 * HOUR)] },
    kept: ['s', 'o'].map(
      (id) => `${id}: SECONDARY may hold it or another object like it: the next rotation reads SECONDARY`
    )
  }
]

function planOf(given: Situation): CredentialPlan {
  const plan = makePlan(inputOf(given))
  if (plan.decision === 'stale') throw new Error(plan.reason)
  return plan.credentials[0]!
}

describe('a plan', () => {
  it.each([...SLOT_CASES, ...USE_CASES, ...RETIRED_CASES, ...ORPHAN_CASES, ...UNREAD_CASES])(
    '$title',
    ({ given, revoked = [], kept = [] }) => {
      const { revoke, keep } = planOf(given)
      const toLine = ({ object, reason }: { object: { id: string }; reason: string }) =>
        `${object.id}: ${reason}`
      expect({ revoked: revoke.map(toLine), kept: keep.map(toLine) }).toEqual({ revoked, kept })
    }
  )

  it('says which of the kept objects something else uses, so that they are not renamed', () => {
    const { keep } = planOf({ ...ROTATING, heldElsewhere: () => '$OTHER holds the same value' })
    expect(keep.map(({ elsewhere }) => elsewhere)).toEqual([true])
  })

  it('says which of the kept objects a slot may hold', () => {
    const { keep } = planOf({ ...ROTATING, primary: unreadable })
    expect(keep.map(({ possiblyHeld }) => possiblyHeld)).toEqual([true])
  })
})
