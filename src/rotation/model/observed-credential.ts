import type { Destination, DestinationEntry } from './destination.ts'
import type { CredentialObject, CredentialPort, FieldValues, Slot, SlotReading } from './ports.ts'
import { isOwn, secretName, type Rotation } from './rotation.ts'

/** Values of a slot, as the environment gives them, and the result of reading them. */
export interface ObservedSlot {
  readonly values: FieldValues | undefined
  readonly reading: SlotReading
}

/** Credential before a run changes anything. */
export interface ObservedCredential {
  readonly credential: CredentialPort
  readonly primary: ObservedSlot
  /** Absent for a credential with a single slot. */
  readonly secondary?: ObservedSlot
  /** Every object of the kind in the account. */
  readonly objects: readonly CredentialObject[]
}

/** Destination before a run changes anything. */
export interface ObservedDestination {
  readonly destination: Destination
  /** By the name at the destination. */
  readonly entries: ReadonlyMap<string, DestinationEntry>
}

/** Everything that a run reads before it plans. */
export interface Observation {
  /** Milliseconds since the epoch, taken before the first call. */
  readonly startedAt: number
  readonly credentials: readonly ObservedCredential[]
  readonly destinations: readonly ObservedDestination[]
}

/** Finds the id of the object that a slot's values belong to, as far as a reading tells. */
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

/** Finds a slot as it was observed; undefined where the credential has no such slot. */
export function slotOf(observed: ObservedCredential, slot: Slot): ObservedSlot | undefined {
  return slot === 'primary' ? observed.primary : observed.secondary
}

/** Ids of the objects that the slots hold, working or not, as far as a value tells its object. */
export function heldIds({ primary, secondary }: ObservedCredential): ReadonlySet<string> {
  return new Set([primary, secondary].flatMap((slot) => idOf(slot?.reading) ?? []))
}

/** Finds the object that a slot holds, working or not; undefined where that is not known. */
export function findHeldObject(observed: ObservedCredential, slot: Slot): CredentialObject | undefined {
  const id = idOf(slotOf(observed, slot)?.reading)
  return id === undefined ? undefined : observed.objects.find((object) => object.id === id)
}

/** Finds the object whose value a working PRIMARY holds. */
export function findPrimaryObject(observed: ObservedCredential): CredentialObject | undefined {
  return observed.primary.reading.state === 'working' ? findHeldObject(observed, 'primary') : undefined
}

/** Finds when a working PRIMARY expires, in milliseconds: a list may leave out what the value says of itself. */
export function findPrimaryEnd(observed: ObservedCredential): number | undefined {
  const { reading } = observed.primary
  const read = reading.state === 'working' ? reading.expiresAt : undefined
  return findPrimaryObject(observed)?.expiresAt ?? read
}

/** Finds the PRIMARY that succeeded an object; an object that is newer than PRIMARY, or is PRIMARY, has no successor yet. */
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

/** Objects of a credential that a run of this rotation created or adopted. */
export function managedObjects(
  observed: ObservedCredential,
  rotation: Pick<Rotation, 'name' | 'home'>
): readonly CredentialObject[] {
  return observed.objects.filter((object) => isOwn(rotation, observed.credential.name, object))
}

/** Times at which runs of this rotation worked, as far as the objects they created still exist; milliseconds. */
export function runTimesOf(
  observed: ObservedCredential,
  rotation: Pick<Rotation, 'name' | 'home'>
): readonly number[] {
  return managedObjects(observed, rotation).flatMap(({ issuedAt }) => issuedAt ?? [])
}

/** The secrets that hold a variable's value at a destination, as far as they exist. */
export function entriesOf(
  { destination, entries }: ObservedDestination,
  variable: string | undefined
): readonly DestinationEntry[] {
  if (variable === undefined) return []
  return destination.namesOf(variable).flatMap((name) => entries.get(name) ?? [])
}

/** Ids that destinations report a slot to hold; a Secrets Store reports them, GitHub does not. */
export function reportedIds(
  destinations: Observation['destinations'],
  { fields }: Pick<CredentialPort, 'fields'>,
  slot: Slot
): ReadonlySet<string> {
  return new Set(
    destinations.flatMap((observed) =>
      fields.flatMap((field) =>
        entriesOf(observed, secretName(field, slot)).flatMap(({ holds }) => holds ?? [])
      )
    )
  )
}

/** Whether SECONDARY was not read. */
export function isUnread({ secondary }: ObservedCredential): boolean {
  return secondary?.reading.state === 'unread'
}

/**
 * SECONDARY secrets of a credential that some destination holds although the step was not given their values: which object they hold is unknown.
 * Empty where the step was given SECONDARY or a placeholder, and where no destination holds them.
 */
export function secretsNotPassed(
  { credential, secondary }: ObservedCredential,
  { destinations }: Pick<Observation, 'destinations'>
): readonly string[] {
  const reading = secondary?.reading
  if (reading?.state !== 'missing' || reading.placeholder === true) return []
  return credential.fields.flatMap(({ secondary: name }) =>
    name !== undefined && destinations.some((one) => entriesOf(one, name).length > 0) ? [name] : []
  )
}
