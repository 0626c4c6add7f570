import { formatDuration, formatInstant } from '../../kernel/clock.ts'
import { UNMANAGED_RUN } from '../model/managed-name.ts'
import type { Observation, ObservedCredential } from './observe.ts'
import type { CredentialObject, DestinationEntry, FieldValues, Slot } from '../model/ports.ts'
import { isOwn, secretName, type Rotation } from '../model/rotation.ts'
import { findUnseen } from './unseen.ts'

/** Why a rotation is due. */
export interface DueReason {
  readonly rule:
    | 'exposed'
    | 'forced'
    | 'always'
    | 'interval'
    | 'first'
    | 'dead'
    | 'unreadable'
    | 'expiring'
    | 'fallback'
    | 'same'
    | 'disagreement'
    | 'newer'
  /** A sentence for people. */
  readonly message: string
}

/** What the rules of being due look at. */
export interface DueInput {
  readonly rotation: Rotation
  readonly observation: Observation
  readonly force: boolean
  /** Whether what the slots hold is in wrong hands. */
  readonly exposed: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The lock's time to live, within which a run writes all that it writes. */
  readonly leaseMs: number
}

type Rule = (input: DueInput) => readonly DueReason[]

/** A credential is renewed when less than this share of its lifetime is left, whatever the interval says. */
const RENEW_WITHIN = 1 / 3
/** GitHub's clock and Cloudflare's may differ a little, and `updated_at` has whole seconds. */
const SKEW_MS = 5_000
const SLOTS: readonly Slot[] = ['primary', 'secondary']

/** Every reason for which a rotation is due, by rules that know nothing of each other; none means that it is not. */
export function findDueReasons(input: DueInput): readonly DueReason[] {
  const rules: readonly Rule[] = [
    exposed,
    forced,
    interval,
    first,
    dead,
    expiring,
    fallback,
    disagreement,
    halfWritten,
    newerWritten
  ]
  return rules.flatMap((rule) => rule(input))
}

/** When the next rotation is due, in milliseconds since the epoch; undefined where every run rotates. */
export function findNextDue(
  rotation: Rotation,
  issuedAts: readonly (number | undefined)[]
): number | undefined {
  if (rotation.everyMs === undefined) return undefined
  const known = issuedAts.filter((at) => at !== undefined)
  return known.length === 0 ? undefined : Math.min(...known) + rotation.everyMs
}

/** The object whose value a working PRIMARY holds. */
export function findPrimaryObject(observed: ObservedCredential): CredentialObject | undefined {
  const { reading } = observed.primary
  return reading.state === 'working' ? observed.objects.find(({ id }) => id === reading.id) : undefined
}

/** The PRIMARY, where it came after an object; what is newer than PRIMARY, or is PRIMARY, has no successor yet. */
export function findSuccessor(
  observed: ObservedCredential,
  object: CredentialObject
): CredentialObject | undefined {
  const primary = findPrimaryObject(observed)
  if (primary === undefined || primary.id === object.id) return undefined
  if (primary.issuedAt !== undefined && object.issuedAt !== undefined && primary.issuedAt < object.issuedAt)
    return undefined
  return primary
}

const exposed: Rule = (input) =>
  input.exposed
    ? [
        {
          rule: 'exposed',
          message: 'The reason is exposure: everything older is replaced in every slot and revoked.'
        }
      ]
    : []

const forced: Rule = ({ force }) => (force ? [{ rule: 'forced', message: 'It was asked for.' }] : [])

const interval: Rule = ({ rotation, observation, now }) => {
  if (rotation.everyMs === undefined)
    return [{ rule: 'always', message: 'No interval is configured: every run rotates.' }]
  const due = findNextDue(
    rotation,
    observation.credentials.map((observed) => findPrimaryObject(observed)?.issuedAt)
  )
  if (due === undefined || due > now) return []
  return [
    {
      rule: 'interval',
      message: `The interval of ${formatDuration(rotation.everyMs)} ended at ${formatInstant(due)}.`
    }
  ]
}

const first: Rule = ({ observation }) =>
  each(observation, (observed) => {
    if (!isUnmanaged(observed)) return undefined
    return {
      rule: 'first',
      message: `${observed.credential.name}: PRIMARY was made by hand; its first rotation takes it over.`
    }
  })

const dead: Rule = ({ observation }) =>
  each(observation, ({ credential: { name }, primary: { reading } }) => {
    switch (reading.state) {
      case 'refused':
      case 'rejected':
        return { rule: 'dead', message: `${name}: PRIMARY does not work (${reading.reason}).` }
      case 'unreadable':
        return {
          rule: 'unreadable',
          message: `${name}: PRIMARY could not be read, and SECONDARY works (${reading.error.message})`
        }
      default:
        return undefined
    }
  })

const expiring: Rule = ({ observation, now }) =>
  each(observation, (observed) => {
    const object = findPrimaryObject(observed)
    if (object?.expiresAt === undefined || object.issuedAt === undefined) return undefined
    const left = object.expiresAt - now
    if (left > (object.expiresAt - object.issuedAt) * RENEW_WITHIN) return undefined
    return {
      rule: 'expiring',
      message: `${observed.credential.name}: PRIMARY expires at ${formatInstant(object.expiresAt)}.`
    }
  })

const fallback: Rule = ({ observation }) =>
  each(observation, (observed) => {
    const { credential, primary, secondary } = observed
    if (secondary === undefined || primary.reading.state === 'missing' || isUnmanaged(observed))
      return undefined
    const { reading } = secondary
    const { name } = credential
    // What the step was not given, although a destination holds it, is a line that is missing in the workflow.
    if (findUnseen(observed, observation).length > 0) return undefined
    if (reading.state === 'missing')
      return { rule: 'fallback', message: `${name}: there is no SECONDARY yet.` }
    // In place, the previous secret ends with its grace, as it was meant to.
    if ((reading.state === 'refused' || reading.state === 'rejected') && !credential.inPlace) {
      return { rule: 'fallback', message: `${name}: SECONDARY does not work (${reading.reason}).` }
    }
    if (reading.state === 'unread') {
      if (sameValues(primary.values, secondary.values)) {
        return { rule: 'same', message: `${name}: PRIMARY and SECONDARY hold the same one.` }
      }
      const gone = findGoneSecondary(observation, observed)
      return gone === undefined
        ? undefined
        : { rule: 'fallback', message: `${name}: SECONDARY holds ${gone}, which is not active.` }
    }
    const same =
      !credential.inPlace &&
      reading.state === 'working' &&
      primary.reading.state === 'working' &&
      reading.id === primary.reading.id
    return same ? { rule: 'same', message: `${name}: PRIMARY and SECONDARY hold the same one.` } : undefined
  })

/** Whether two slots were given the same, to the letter. */
function sameValues(one: FieldValues | undefined, other: FieldValues | undefined): boolean {
  if (one === undefined || other === undefined) return false
  return Object.entries(one).every(([field, value]) => other[field]?.equals(value) === true)
}

/** The object that a destination says SECONDARY to hold, when the account does not have it as an active one. */
function findGoneSecondary(
  { destinations }: Observation,
  { credential, objects }: ObservedCredential
): string | undefined {
  const active = new Set(objects.filter(({ status }) => status === 'active').map(({ id }) => id))
  for (const entries of destinations) {
    for (const { secondary } of credential.fields) {
      const holds = secondary === undefined ? undefined : entries.get(secondary)?.holds
      if (holds !== undefined && !active.has(holds)) return holds
    }
  }
  return undefined
}

const disagreement: Rule = ({ rotation, observation, leaseMs }) =>
  rotation.destinations.flatMap((destination, index) =>
    observation.credentials.flatMap((observed) => {
      const primary = findPrimaryObject(observed)
      if (primary === undefined || isUnmanaged(observed)) return []
      const secondary = observed.secondary?.reading
      const expected = {
        primary: primary.id,
        secondary: secondary?.state === 'working' ? secondary.id : undefined
      }
      return observed.credential.fields.flatMap((field) =>
        SLOTS.flatMap((slot): DueReason[] => {
          const secret = secretName(field, slot)
          if (secret === undefined) return []
          const entry = observation.destinations[index]?.get(secret)
          const reason = findDisagreement(entry, { holds: expected[slot], primary, leaseMs })
          return reason === undefined
            ? []
            : [{ rule: 'disagreement', message: `${destination.label}: ${secret} ${reason}.` }]
        })
      )
    })
  )

/**
 * Something newer than what this run was given may stand in a PRIMARY: a run that died, or main before its `post`, has written there since it was
 * made. Only a rotation tells for certain what every slot holds.
 */
const newerWritten: Rule = ({ rotation, observation }) =>
  each(observation, (observed) => {
    const primary = findPrimaryObject(observed)
    const { credential, objects } = observed
    // After a rollback SECONDARY holds the newer one.
    const told = new Set(
      observation.destinations.flatMap((entries) =>
        credential.fields.flatMap(({ secondary }) =>
          secondary === undefined ? [] : (entries.get(secondary)?.holds ?? [])
        )
      )
    )
    const newer = objects.filter(
      (object) =>
        isOwn(rotation, credential.name, object) &&
        object.managed?.retired !== true &&
        object.status === 'active' &&
        object.id !== primary?.id &&
        !told.has(object.id) &&
        object.issuedAt !== undefined &&
        object.issuedAt >= (primary?.issuedAt ?? 0)
    )
    const held = newer.find(({ id, issuedAt }) =>
      observation.destinations.some((entries) =>
        credential.fields.some((field) => {
          const entry = entries.get(field.primary)
          if (entry?.holds !== undefined) return entry.holds === id
          if (entry?.otherHome !== undefined) return false
          return entry?.updatedAt !== undefined && entry.updatedAt + SKEW_MS >= issuedAt!
        })
      )
    )
    return held === undefined
      ? undefined
      : {
          rule: 'newer',
          message: `${credential.name}: a PRIMARY may hold the newer ${held.id}, which this run was not given.`
        }
  })

const halfWritten: Rule = ({ rotation, observation, leaseMs }) =>
  rotation.destinations.flatMap((destination, index) =>
    observation.credentials.flatMap(({ credential }): DueReason[] => {
      const entries = credential.fields.map(({ primary }) => observation.destinations[index]?.get(primary))
      const times = entries.flatMap((entry) => entry?.updatedAt ?? [])
      if (times.length < 2 || Math.max(...times) - Math.min(...times) <= leaseMs) return []
      return [
        {
          rule: 'disagreement',
          message: `${destination.label}: the parts of ${credential.name} were not written together, so that they may not belong together.`
        }
      ]
    })
  )

/** Both slots are written by the run that makes a PRIMARY, within its lease; GitHub's and Cloudflare's clocks may differ a little. */
function findDisagreement(
  entry: DestinationEntry | undefined,
  { holds, primary, leaseMs }: { holds: string | undefined; primary: CredentialObject; leaseMs: number }
): string | undefined {
  if (entry === undefined) return 'is missing'
  if (entry.otherHome !== undefined) return undefined
  if (entry.holds !== undefined) {
    return holds === undefined || entry.holds === holds
      ? undefined
      : `holds ${entry.holds}, but this run was given ${holds}`
  }
  if (primary.issuedAt === undefined || entry.updatedAt === undefined) return undefined
  if (entry.updatedAt >= primary.issuedAt - leaseMs) return undefined
  return `was not written since ${formatInstant(entry.updatedAt)}, before the last rotation`
}

/**
 * A PRIMARY that was made by hand is taken over by the first rotation, which writes everything that is missing. As long as PRIMARY holds it, that
 * rotation has not succeeded, whatever name a run has given it meanwhile.
 */
function isUnmanaged(observed: ObservedCredential): boolean {
  const object = findPrimaryObject(observed)
  return (
    object !== undefined && (object.managed === undefined || object.managed.runId === UNMANAGED_RUN.runId)
  )
}

function each(
  observation: Observation,
  rule: (observed: ObservedCredential) => DueReason | undefined
): readonly DueReason[] {
  return observation.credentials.flatMap((observed) => rule(observed) ?? [])
}
