import { Secret } from '../../../src/kernel/secret.ts'
import { RotationError } from '../../../src/kernel/error.ts'
import { parseManagedName } from '../../../src/rotation/model/managed-name.ts'
import type { ObservedCredential } from '../../../src/rotation/model/observed-credential.ts'
import type { Destination, DestinationEntry } from '../../../src/rotation/model/destination.ts'
import type { CredentialObject, CredentialPort, SlotReading } from '../../../src/rotation/model/ports.ts'
import type { RevokePolicy, Rotation } from '../../../src/rotation/model/rotation.ts'
import type { PlanInput } from '../../../src/rotation/plan/plan.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** 2026-01-10T00:00:00Z, at which every situation is looked at. */
export const NOW = Date.UTC(2026, 0, 10)
/** The lock's time to live. */
export const LEASE = 5 * MINUTE

/** The secrets of the credential `c` at the destination. */
const ENTRIES = ['P', 'S'] as const

/** A moment of the rotation `r`, whose one credential `c` lives for 10 days; what is left out is as it is an hour after a rotation. */
export interface Situation extends Partial<Omit<PlanInput, 'rotation' | 'observation'>> {
  readonly primary?: SlotReading
  /** Null for a credential with a single slot. */
  readonly secondary?: SlotReading | null
  readonly objects?: readonly CredentialObject[]
  /** Whether the step was given the same value for both slots. */
  readonly sameValue?: boolean
  /** The interval; left out, a year. Null where every run rotates. */
  readonly every?: number | null
  readonly revoke?: Partial<RevokePolicy>
  /** A strategy that gives the same object a new secret. */
  readonly inPlace?: boolean
  /** What differs about the entries of the destination, by secret name; null for one that is not there. */
  readonly entries?: Readonly<Record<string, Partial<DestinationEntry> | null>>
  /** Whether the destination feeds the next run, as GitHub's environment does; left out, it does. */
  readonly feedsNextRun?: boolean
  /** Whether nothing can be read at the destination. */
  readonly writeOnly?: boolean
}

/** An object that a run of the rotation created so long ago; the run is 1 unless it is given. */
export function made(
  id: string,
  age: number,
  { run = '1', ...more }: Partial<CredentialObject> & { readonly run?: string } = {}
): CredentialObject {
  const name = `rotate/0123abcd/r/c/${stampOf(NOW - age)}-${run}.1`
  return {
    ...named(id, name, age),
    expiresAt: NOW - age + 10 * DAY,
    ...more
  }
}

/** An object with a name of its own that was created so long ago. */
export function named(id: string, name: string, age = 30 * DAY): CredentialObject {
  const managed = parseManagedName(name)
  return {
    id,
    name,
    status: 'active',
    issuedAt: NOW - age,
    ...(managed === undefined ? {} : { managed })
  }
}

/** An object of which it is not known when it was created. */
export function undated({ issuedAt: _, ...object }: CredentialObject): CredentialObject {
  return object
}

/** An object whose expiry the list leaves out. */
export function endless({ expiresAt: _, ...object }: CredentialObject): CredentialObject {
  return object
}

/** The time stamp of a managed name. */
export function stampOf(at: number): string {
  return new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

/** Readings of a slot. */
export const working = (id: string): SlotReading => ({ state: 'working', id })
export const refused: SlotReading = { state: 'refused', reason: '401: Invalid API Token' }
export const missing: SlotReading = { state: 'missing' }
export const unread: SlotReading = { state: 'unread' }
export const unreadable: SlotReading = {
  state: 'unreadable',
  error: new RotationError('intercepted', 'A block page answered.', {})
}

/** What a plan is made from in a situation. */
export function inputOf({
  primary = working('p'),
  secondary = working('s'),
  objects = [made('p', HOUR), made('s', 2 * HOUR)],
  every = 365 * DAY,
  revoke,
  inPlace = false,
  sameValue = false,
  entries = {},
  feedsNextRun = true,
  writeOnly = false,
  ...more
}: Situation): PlanInput {
  const credential = {
    name: 'c',
    type: 'account-token',
    fields: [{ field: 'value', primary: 'P', ...(secondary === null ? {} : { secondary: 'S' }) }],
    lifetimeMs: 10 * DAY,
    probes: [],
    inPlace
  } as unknown as CredentialPort
  const namesOf = (variable: string): readonly string[] => [variable]
  const destination = {
    label: 'GitHub',
    type: 'github-secret',
    namesOf,
    feedsNextRun,
    ...(writeOnly ? { writeOnly } : {})
  } as unknown as Destination
  const observed: ObservedCredential = {
    credential,
    primary: slot(primary, 'value of P'),
    objects,
    ...(secondary === null ? {} : { secondary: slot(secondary, sameValue ? 'value of P' : 'value of S') })
  }
  return {
    rotation: {
      name: 'r',
      home: { id: '0123abcd', own: new Set(['0123abcd']) },
      credentials: [credential],
      destinations: [destination],
      revoke: { after: 'verify', inUse: 'keep', waitForRuns: true, ...revoke },
      ...(every === null ? {} : { everyMs: every })
    } as unknown as Rotation,
    observation: {
      startedAt: NOW,
      credentials: [observed],
      destinations: [{ destination, entries: entriesWith(entries) }]
    },
    run: { runId: '9', attempt: 1 },
    force: false,
    contain: false,
    now: NOW,
    leaseMs: LEASE,
    queuedAt: NOW,
    endedRuns: new Set(),
    unprovenRuns: new Map(),
    heldElsewhere: () => undefined,
    ...more
  }
}

function slot(reading: SlotReading, value: string): ObservedCredential['primary'] {
  return { reading, values: reading.state === 'missing' ? undefined : { value: new Secret(value) } }
}

function entriesWith(changes: NonNullable<Situation['entries']>): ReadonlyMap<string, DestinationEntry> {
  const names = new Set([...ENTRIES, ...Object.keys(changes)])
  return new Map(
    [...names].flatMap((secret) => {
      const change = changes[secret]
      return change === null ? [] : [[secret, { secret, updatedAt: NOW - HOUR, ...change }] as const]
    })
  )
}
