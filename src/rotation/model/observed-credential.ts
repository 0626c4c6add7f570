import type {
  CredentialObject,
  CredentialPort,
  Destination,
  DestinationEntry,
  FieldValues,
  Slot,
  SlotReading
} from './ports.ts'
import { isOwn, secretName, type Rotation } from './rotation.ts'

/** Slot's values, as the environment gives them, and what they turned out to be. */
export interface ObservedSlot {
  readonly values: FieldValues | undefined
  readonly reading: SlotReading
}

/** Credential as it stands before a run changes anything. */
export interface ObservedCredential {
  readonly credential: CredentialPort
  readonly primary: ObservedSlot
  /** Absent for a credential with a single slot. */
  readonly secondary?: ObservedSlot
  /** Every object of the kind in the account. */
  readonly objects: readonly CredentialObject[]
}

/** Destination as it stands before a run changes anything. */
export interface ObservedDestination {
  readonly destination: Destination
  /** By secret name. */
  readonly entries: ReadonlyMap<string, DestinationEntry>
}

/** Everything that a run sees before it plans. */
export interface Observation {
  /** Milliseconds since the epoch, taken before the first call. */
  readonly startedAt: number
  readonly credentials: readonly ObservedCredential[]
  readonly destinations: readonly ObservedDestination[]
}

/** The id of the object that a slot's values belong to, as far as a reading tells. */
export function idOf(reading: SlotReading | undefined): string | undefined {
  switch (reading?.state) {
    case 'working':
    case 'refused':
    case 'rejected':
      return reading.id
    default:
      return undefined
  }
}

/** The slot as it was observed; undefined where the credential has no such slot. */
export function slotOf(observed: ObservedCredential, slot: Slot): ObservedSlot | undefined {
  return slot === 'primary' ? observed.primary : observed.secondary
}

/** The ids of the objects that the slots hold, whether they work or not, as far as a value tells its object. */
export function heldIds({ primary, secondary }: ObservedCredential): ReadonlySet<string> {
  return new Set([primary, secondary].flatMap((slot) => idOf(slot?.reading) ?? []))
}

/** The object that a slot holds, whether it works or not; undefined where that is not known. */
export function findHeldObject(observed: ObservedCredential, slot: Slot): CredentialObject | undefined {
  const id = idOf(slotOf(observed, slot)?.reading)
  return id === undefined ? undefined : observed.objects.find((object) => object.id === id)
}

/** The object whose value a working PRIMARY holds. */
export function findPrimaryObject(observed: ObservedCredential): CredentialObject | undefined {
  return observed.primary.reading.state === 'working' ? findHeldObject(observed, 'primary') : undefined
}

/** The PRIMARY, where it came after an object; an object that is newer than PRIMARY, or is PRIMARY, has no successor yet. */
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

/** The objects of a credential that a run of this rotation made or adopted. */
export function managedObjects(
  observed: ObservedCredential,
  rotation: Pick<Rotation, 'name' | 'home'>
): readonly CredentialObject[] {
  return observed.objects.filter((object) => isOwn(rotation, observed.credential.name, object))
}

/** When runs of this rotation were at work, as far as what they made is still there to tell; milliseconds. */
export function runsAt(
  observed: ObservedCredential,
  rotation: Pick<Rotation, 'name' | 'home'>
): readonly number[] {
  return managedObjects(observed, rotation).flatMap(({ issuedAt }) => issuedAt ?? [])
}

/** The ids that destinations themselves report a slot to hold; a Secrets Store does, GitHub does not. */
export function reportedIds(
  destinations: Observation['destinations'],
  { fields }: Pick<CredentialPort, 'fields'>,
  slot: Slot
): ReadonlySet<string> {
  return new Set(
    destinations.flatMap(({ entries }) =>
      fields.flatMap((field) => {
        const name = secretName(field, slot)
        return name === undefined ? [] : (entries.get(name)?.holds ?? [])
      })
    )
  )
}

/** Whether SECONDARY was not looked at. */
export function isUnread({ secondary }: ObservedCredential): boolean {
  return secondary?.reading.state === 'unread'
}

/**
 * The SECONDARY secrets of a credential that some destination holds although the step was not given their values: what they hold cannot be known. Empty
 * where the step was given SECONDARY or a placeholder, and where no destination holds it.
 */
export function secretsNotPassed(
  { credential, secondary }: ObservedCredential,
  { destinations }: Pick<Observation, 'destinations'>
): readonly string[] {
  const reading = secondary?.reading
  if (reading?.state !== 'missing' || reading.placeholder === true) return []
  return credential.fields.flatMap(({ secondary: name }) =>
    name !== undefined && destinations.some(({ entries }) => entries.has(name)) ? [name] : []
  )
}
