import { describe, expect, it } from '@jest/globals'
import { parseManagedName } from '../../../src/rotation/model/managed-name.ts'
import type { ObservedCredential } from '../../../src/rotation/model/observed-credential.ts'
import { makePlan, type CredentialPlan, type Plan, type PlanInput } from '../../../src/rotation/plan/plan.ts'
import type {
  CredentialObject,
  CredentialPort,
  Destination,
  SlotReading
} from '../../../src/rotation/model/ports.ts'
import type { Rotation } from '../../../src/rotation/model/rotation.ts'
import { Secret } from '../../../src/kernel/secret.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const NOW = Date.UTC(2026, 0, 10)
const LEASE = 5 * MINUTE

const credential = {
  name: 'c',
  type: 'account-token',
  fields: [{ field: 'value', primary: 'P', secondary: 'S' }],
  lifetimeMs: 10 * DAY,
  probes: []
} as unknown as CredentialPort
const destination = { label: 'GitHub', type: 'github-secret', feedsNextRun: true } as unknown as Destination

/** An object of the rotation by its id; its age in milliseconds. */
function made(
  id: string,
  age: number,
  more: Partial<CredentialObject> & { run?: string } = {}
): CredentialObject {
  const { run = '1', ...rest } = more
  const stamp = new Date(NOW - age).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const name = `rotate/0123abcd/r/c/${stamp}-${run}.1`
  return {
    id,
    name,
    managed: parseManagedName(name)!,
    status: 'active',
    issuedAt: NOW - age,
    expiresAt: NOW - age + 10 * DAY,
    ...rest
  }
}
const byHand = (id: string): CredentialObject => ({
  id,
  name: 'by hand',
  status: 'active',
  issuedAt: NOW - 30 * DAY
})
const works = (id: string): SlotReading => ({ state: 'working', id })
const refused: SlotReading = { state: 'refused', reason: 'no' }
const missing: SlotReading = { state: 'missing' }

interface Situation extends Partial<Omit<PlanInput, 'rotation' | 'observation'>> {
  readonly primary: SlotReading
  readonly secondary?: SlotReading
  readonly objects: readonly CredentialObject[]
  readonly every?: number
  readonly inUse?: 'keep' | 'ignore'
  readonly updatedAt?: number
  /** The secrets that the destination holds; left out, both. */
  readonly stored?: readonly string[]
}

function plan({
  primary,
  secondary = missing,
  objects,
  every,
  inUse = 'keep',
  updatedAt = NOW - HOUR,
  stored = ['P', 'S'],
  ...input
}: Situation): Plan {
  const slot = (reading: SlotReading) => ({
    reading,
    values: reading.state === 'missing' ? undefined : { value: new Secret('value') }
  })
  const observed: ObservedCredential = {
    credential,
    primary: slot(primary),
    secondary: slot(secondary),
    objects
  }
  const entries = new Map(stored.map((secret) => [secret, { secret, updatedAt }]))
  return makePlan({
    rotation: {
      name: 'r',
      home: { id: '0123abcd', own: new Set(['0123abcd']) },
      credentials: [credential],
      destinations: [destination],
      revoke: { inUse },
      ...(every === undefined ? {} : { everyMs: every })
    } as unknown as Rotation,
    observation: { startedAt: NOW, credentials: [observed], destinations: [{ destination, entries }] },
    run: { runId: '9', attempt: 1 },
    force: false,
    contain: false,
    now: NOW,
    leaseMs: LEASE,
    queuedAt: NOW,
    endedRuns: new Set(),
    unprovenRuns: new Map(),
    heldElsewhere: () => undefined,
    ...input
  })
}

function one(made: Plan): CredentialPlan {
  if (made.decision === 'stale') throw new Error(made.reason)
  return made.credentials[0]!
}
const revoked = (made: Plan) => one(made).revoke.map(({ object, reason }) => [object.id, reason])
const kept = (made: Plan) => one(made).keep.map(({ object }) => object.id)

const settled = {
  primary: works('p'),
  secondary: works('s'),
  objects: [made('p', HOUR), made('s', 2 * HOUR)]
}

describe('whether a rotation is due', () => {
  it.each<readonly [string, Situation, Plan['decision'], string | undefined]>([
    ['every run, without an interval', settled, 'rotate', 'always'],
    ['not before the interval is over', { ...settled, every: 2 * HOUR }, 'not-due', undefined],
    ['when the interval is over', { ...settled, every: HOUR }, 'rotate', 'interval'],
    ['when it is asked for', { ...settled, every: DAY, force: true }, 'rotate', 'forced'],
    [
      'when PRIMARY was made by hand',
      { primary: works('h'), objects: [byHand('h')], every: DAY * 365 },
      'rotate',
      'first'
    ],
    ['when PRIMARY is dead', { ...settled, primary: refused, every: DAY }, 'rotate', 'dead'],
    ['when SECONDARY is dead', { ...settled, secondary: refused, every: DAY }, 'rotate', 'fallback'],
    [
      'when there is no SECONDARY',
      { ...settled, secondary: missing, stored: ['P'], every: DAY },
      'rotate',
      'fallback'
    ],
    [
      'not when the run was not given a SECONDARY that a destination holds',
      { ...settled, secondary: missing, every: DAY },
      'not-due',
      undefined
    ],
    [
      'when SECONDARY is a placeholder, although a destination holds it',
      { ...settled, secondary: { state: 'missing', placeholder: true }, every: DAY },
      'rotate',
      'fallback'
    ],
    ['when both slots hold the same', { ...settled, secondary: works('p'), every: DAY }, 'rotate', 'same'],
    [
      'when PRIMARY is about to expire',
      {
        primary: works('p'),
        secondary: works('s'),
        objects: [made('p', 8 * DAY), made('s', 9 * DAY)],
        every: 30 * DAY
      },
      'rotate',
      'expiring'
    ],
    [
      'when a destination was not written since the last rotation',
      { ...settled, every: DAY, updatedAt: NOW - 3 * HOUR },
      'rotate',
      'disagreement'
    ]
  ])('%s', (_when, situation, decision, rule) => {
    const result = plan(situation)
    expect(result.decision).toBe(decision)
    if (rule !== undefined)
      expect(result.decision === 'rotate' && result.reason.map((reason) => reason.rule)).toContain(rule)
  })

  it('says when it is due next', () => {
    expect(plan({ ...settled, every: DAY })).toMatchObject({ decision: 'not-due', nextDue: NOW - HOUR + DAY })
  })
})

describe('what carries consumers meanwhile', () => {
  it.each<readonly [string, Situation, { slot: string; id?: string }]>([
    ['PRIMARY, when it works', settled, { slot: 'primary', id: 'p' }],
    ['SECONDARY, when PRIMARY is dead', { ...settled, primary: refused }, { slot: 'secondary', id: 's' }],
    ['nothing, when both are dead', { ...settled, primary: refused, secondary: refused }, { slot: 'none' }]
  ])('is %s', (_what, situation, serving) => {
    expect(one(plan(situation)).serving).toMatchObject(serving)
  })

  it('is the model of the new one; when nothing works, the newest managed one is', () => {
    expect(one(plan(settled)).predecessor?.id).toBe('p')
    expect(one(plan({ ...settled, primary: refused })).predecessor?.id).toBe('s')
    expect(one(plan({ ...settled, primary: refused, secondary: refused })).predecessor?.id).toBe('p')
    expect(one(plan({ primary: refused, objects: [] })).predecessor).toBeUndefined()
  })
})

describe('what is revoked', () => {
  it('is what falls out of SECONDARY', () => {
    expect(revoked(plan(settled))).toEqual([['s', 'replaced']])
    expect(
      revoked(plan({ primary: works('p'), secondary: works('h'), objects: [made('p', HOUR), byHand('h')] }))
    ).toEqual([['h', 'replaced']])
  })

  it('is nothing that stays in SECONDARY', () => {
    expect(revoked(plan({ ...settled, primary: refused, objects: [made('s', 2 * HOUR)] }))).toEqual([])
    expect(revoked(plan({ primary: works('h'), objects: [byHand('h'), byHand('other')] }))).toEqual([])
  })

  it('is nothing that slots hold when it is not due', () => {
    expect(revoked(plan({ ...settled, every: DAY }))).toEqual([])
  })

  it.each<readonly [string, Partial<Situation>, CredentialObject, boolean]>([
    ['of a run that ended', { endedRuns: new Set(['7']) }, made('o', MINUTE, { run: '7' }), true],
    ['of this very run', {}, made('o', MINUTE, { run: '9' }), true],
    ['of a run that may be at work', {}, made('o', MINUTE, { run: '7' }), false],
    ['of a run whose lease is long over', {}, made('o', LEASE + 3 * HOUR, { run: '7' }), true],
    ['that expired', {}, made('o', 20 * DAY, { run: '7', status: 'expired' }), true]
  ])('is an orphan %s', (_whose, more, orphan, gone) => {
    const result = plan({ ...settled, every: DAY, ...more, objects: [...settled.objects, orphan] })
    expect(revoked(result).map(([id]) => id)).toEqual(gone ? ['o'] : [])
    expect(kept(result)).toEqual(gone ? [] : ['o'])
  })

  it('is never an object of another rotation, another credential, or of nobody', () => {
    const others = [
      'rotate/0123abcd/x/c/20251201T000000Z-1.1',
      'rotate/0123abcd/r/x/20251201T000000Z-1.1',
      'mine'
    ].map((name, index): CredentialObject => {
      const managed = parseManagedName(name)
      return {
        id: `o${index}`,
        name,
        status: 'active',
        issuedAt: NOW - 9 * DAY,
        ...(managed === undefined ? {} : { managed })
      }
    })
    expect(revoked(plan({ ...settled, objects: [...settled.objects, ...others] }))).toEqual([
      ['s', 'replaced']
    ])
  })

  it('is not what another use of the same value needs', () => {
    const result = plan({
      ...settled,
      heldElsewhere: (_observed, id) => (id === 's' ? '$OTHER holds the same value' : undefined)
    })
    expect([revoked(result), kept(result)]).toEqual([[], ['s']])
  })

  it.each<readonly [string, number | undefined, 'keep' | 'ignore', boolean]>([
    ['never used', undefined, 'keep', true],
    ['last used before its successor was promoted', NOW - HOUR - MINUTE, 'keep', true],
    ['last used by the run that promoted its successor', NOW - HOUR + MINUTE, 'keep', true],
    ['used long after its successor was promoted', NOW - 30 * MINUTE, 'keep', false],
    ['used long after that, which is to be ignored', NOW - 30 * MINUTE, 'ignore', true]
  ])('is an old one %s', (_when, lastUsedAt, inUse, gone) => {
    const old = { ...made('s', 2 * HOUR), ...(lastUsedAt === undefined ? {} : { lastUsedAt }) }
    const result = plan({ ...settled, inUse, objects: [made('p', HOUR), old] })
    expect([revoked(result).length, kept(result)]).toEqual(gone ? [1, []] : [0, ['s']])
  })
})

describe('whether the values are of before a newer rotation', () => {
  const newer = { ...settled, objects: [...settled.objects, made('n', 10 * MINUTE, { run: '7' })] }
  it.each<readonly [string, Partial<Situation>, boolean]>([
    [
      'PRIMARY was rewritten by it after this run was queued',
      { updatedAt: NOW - 10 * MINUTE, queuedAt: NOW - 20 * MINUTE },
      true
    ],
    ['this run was queued after it', { updatedAt: NOW - 10 * MINUTE, queuedAt: NOW - 5 * MINUTE }, false],
    ['it died before it wrote PRIMARY', { updatedAt: NOW - HOUR, queuedAt: NOW - 20 * MINUTE }, false],
    ['nobody can tell when this run was queued', { updatedAt: NOW - 10 * MINUTE, queuedAt: undefined }, true]
  ])('%s', (_when, more, stale) => {
    expect(plan({ ...newer, ...more }).decision === 'stale').toBe(stale)
  })

  it('what this very run left behind says nothing', () => {
    const own = { ...settled, objects: [...settled.objects, made('n', 10 * MINUTE, { run: '9' })] }
    expect(plan({ ...own, updatedAt: NOW - 10 * MINUTE, queuedAt: NOW - 20 * MINUTE }).decision).toBe(
      'rotate'
    )
  })
})
