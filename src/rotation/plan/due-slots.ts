import { SERVER_CLOCK_TOLERANCE_MS, formatInstant } from '../../kernel/clock.ts'
import {
  entriesOf,
  findPrimaryObject,
  managedObjects,
  reportedIds,
  secretsNotPassed,
  slotOf,
  type Observation,
  type ObservedCredential
} from '../model/observed-credential.ts'
import type { DestinationEntry } from '../model/destination.ts'
import type { CredentialObject, FieldValues, Slot } from '../model/ports.ts'
import type { Secret } from '../../kernel/secret.ts'
import { secretName } from '../model/rotation.ts'
import { each, isUnmanaged, type DueReason, type DueRule } from './due-rule.ts'

const SLOTS: readonly Slot[] = ['primary', 'secondary']

/** SECONDARY is not a working fallback of its own. */
export const fallback: DueRule = ({ observation }) =>
  each(observation, (observed) => {
    const { credential, primary, secondary } = observed
    if (secondary === undefined || primary.reading.state === 'missing' || isUnmanaged(observed))
      return undefined
    // The workflow is missing a line of `env` where a destination holds a secret that the step was not given.
    if (secretsNotPassed(observed, observation).length > 0) return undefined
    const { reading } = secondary
    const { name } = credential
    switch (reading.state) {
      case 'missing':
        return { rule: 'fallback', message: `${name}: there is no SECONDARY yet.` }
      case 'refused':
      case 'rejected':
        return { rule: 'fallback', message: `${name}: SECONDARY does not work (${reading.reason}).` }
      case 'unread':
        return findUnreadFallback(observation, observed)
      case 'working':
        return primary.reading.state === 'working' && reading.id === primary.reading.id
          ? sameInBoth(observed)
          : undefined
      default:
        return undefined
    }
  })

function findUnreadFallback(observation: Observation, observed: ObservedCredential): DueReason | undefined {
  const { credential, primary, secondary, objects } = observed
  if (isSame(primary.values, secondary?.values)) return sameInBoth(observed)
  const active = new Set(objects.filter(({ status }) => status === 'active').map(({ id }) => id))
  const reported = reportedIds(observation.destinations, credential, 'secondary')
  const gone = [...reported].find((id) => !active.has(id))
  if (gone === undefined) return undefined
  return {
    rule: 'fallback',
    message: `${credential.name}: SECONDARY holds ${gone}, which is not active.`
  }
}

function sameInBoth({ credential }: ObservedCredential): DueReason {
  return { rule: 'same', message: `${credential.name}: PRIMARY and SECONDARY hold the same credential.` }
}

/** Whether two slots were given exactly the same values. */
function isSame(one: FieldValues | undefined, other: FieldValues | undefined): boolean {
  if (one === undefined || other === undefined) return false
  return Object.entries(one).every(([field, value]) => other[field]?.equals(value) === true)
}

/** A destination holds something other than this run was given, or a secret is missing. */
export const disagreement: DueRule = ({ observation, leaseMs }) =>
  observation.destinations.flatMap(({ destination, entries }) =>
    observation.credentials.flatMap((observed) => {
      const primary = findPrimaryObject(observed)
      // A refresh writes nothing, so the time of a write says nothing about it.
      const isRefreshed = observed.credential.refresh !== undefined
      if (primary === undefined || isRefreshed || isUnmanaged(observed)) return []
      const secondary = observed.secondary?.reading
      const expected = {
        primary: primary.id,
        secondary: secondary?.state === 'working' ? secondary.id : undefined
      }
      return observed.credential.fields.flatMap((field) =>
        SLOTS.flatMap((slot) => {
          const variable = secretName(field, slot)
          const names = variable === undefined ? [] : destination.namesOf(variable)
          return names.flatMap((name): DueReason[] => {
            const entry = entries.get(name)
            if (entry === undefined && destination.writeOnly === true) return []
            const given = slotOf(observed, slot)?.values?.[field.field]
            const reason = findDisagreement(entry, { holds: expected[slot], given, primary, leaseMs })
            return reason === undefined
              ? []
              : [{ rule: 'disagreement', message: `${destination.label}: ${name} ${reason}.` }]
          })
        })
      )
    })
  )

/** What one destination's secret shows against what this run was given. A run writes both slots within its lease of creating PRIMARY. */
function findDisagreement(
  entry: DestinationEntry | undefined,
  {
    holds,
    given,
    primary,
    leaseMs
  }: {
    readonly holds: string | undefined
    readonly given: Secret | undefined
    readonly primary: CredentialObject
    readonly leaseMs: number
  }
): string | undefined {
  if (entry === undefined) return 'is missing'
  if (entry.otherHome !== undefined) return undefined
  if (entry.holds !== undefined) {
    return holds === undefined || entry.holds === holds
      ? undefined
      : `holds ${entry.holds}, but this run was given ${holds}`
  }
  if (given !== undefined && entry.isValue?.(given) === false)
    return 'holds another value than this run was given'
  if (primary.issuedAt === undefined || entry.updatedAt === undefined) return undefined
  if (entry.updatedAt >= primary.issuedAt - leaseMs) return undefined
  return `was not written since ${formatInstant(entry.updatedAt)}, before the last rotation`
}

/** The fields of a credential were written at different times, so they may not belong together. */
export const halfWritten: DueRule = ({ observation, leaseMs }) =>
  observation.destinations.flatMap((destination) =>
    observation.credentials.flatMap(({ credential }): DueReason[] => {
      const times = credential.fields.flatMap(({ primary }) =>
        entriesOf(destination, primary).flatMap(({ updatedAt }) => updatedAt ?? [])
      )
      if (times.length < 2 || Math.max(...times) - Math.min(...times) <= leaseMs) return []
      return [
        {
          rule: 'disagreement',
          message: `${destination.destination.label}: the secrets of ${credential.name} were written at different times, so they may not belong together.`
        }
      ]
    })
  )

/**
 * A PRIMARY may hold a newer credential than this run was given: a run that was killed, or main before its `post`, has written there since the object
 * was created. Only a rotation makes certain what every slot holds.
 */
export const newerWritten: DueRule = ({ rotation, observation }) =>
  each(observation, (observed) => {
    const primary = findPrimaryObject(observed)
    const { credential } = observed
    // The names tell the same, as a promotion that is not complete.
    if (credential.current === 'unknown') return undefined
    // After a rollback SECONDARY holds the newer one.
    const inSecondary = reportedIds(observation.destinations, credential, 'secondary')
    const held = managedObjects(observed, rotation).find(
      ({ id, managed, status, issuedAt }) =>
        managed?.retired !== true &&
        status === 'active' &&
        id !== primary?.id &&
        !inSecondary.has(id) &&
        issuedAt !== undefined &&
        issuedAt >= (primary?.issuedAt ?? 0) &&
        mayHold(observation, observed, { id, issuedAt })
    )
    return held === undefined
      ? undefined
      : {
          rule: 'newer',
          message: `${credential.name}: a PRIMARY may hold the newer ${held.id}, and this run was not given it.`
        }
  })

/** Whether some destination's PRIMARY is reported to hold an object, or was written after the object was created. */
function mayHold(
  { destinations }: Observation,
  { credential }: ObservedCredential,
  { id, issuedAt }: { readonly id: string; readonly issuedAt: number }
): boolean {
  return destinations.some((destination) =>
    credential.fields
      .flatMap(({ primary }) => entriesOf(destination, primary))
      .some(({ holds, otherHome, updatedAt }) => {
        if (holds !== undefined) return holds === id
        if (otherHome !== undefined) return false
        return updatedAt !== undefined && updatedAt + SERVER_CLOCK_TOLERANCE_MS >= issuedAt
      })
  )
}
