import { CLOCK_TOLERANCE_MS } from '../../kernel/clock.ts'
import { withoutUndefined } from '../../kernel/optional.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
import {
  heldIds,
  type Observation,
  type ObservedCredential,
  type ObservedSlot
} from '../model/observed-credential.ts'
import type { CredentialObject, CredentialPort, FieldValues } from '../model/ports.ts'
import { readJournal } from './journal.ts'
import { hasTwoSlots, secretsAt, type RotationContext, type SlotValues } from '../model/rotation.ts'

/**
 * Reads what a first plan needs, in parallel, and changes nothing. SECONDARY stays unread: reading it is a use, which would hide from the lists
 * whether a consumer uses it.
 */
export async function observe(context: RotationContext): Promise<Observation> {
  const { rotation, values, clock } = context
  const startedAt = clock.now()
  const [credentials, destinations] = await allOrFirstError([
    allOrFirstError(
      rotation.credentials.map(async (credential): Promise<ObservedCredential> => {
        const [read, objects] = await allOrFirstError([readPrimary(values, credential), credential.list()])
        const primary = read ?? readJournal(rotation, credential, objects)
        const observed = { credential, primary, objects: await withHeld(credential, objects, primary) }
        return hasTwoSlots(credential)
          ? { ...observed, secondary: leaveUnread(values, credential) }
          : observed
      })
    ),
    allOrFirstError(
      rotation.destinations.map(async (destination) => ({
        destination,
        entries: await destination.observe(secretsAt(rotation, destination))
      }))
    )
  ])
  return { startedAt, credentials, destinations }
}

/**
 * Adds what a working slot holds, where the list lacks it: a list of several pages skips an object when another one is deleted between two of them,
 * and in a run with many rotations there is always one that deletes.
 */
export async function withHeld(
  credential: CredentialPort,
  objects: readonly CredentialObject[],
  { reading }: ObservedSlot
): Promise<readonly CredentialObject[]> {
  if (reading.state !== 'working' || objects.some(({ id }) => id === reading.id)) return objects
  const held = await credential.reread(reading.id)
  return held === undefined ? objects : [...objects, held]
}

/**
 * Reads everything again, SECONDARY included, while the run holds the lock.
 * @param first what {@link observe} read before: when objects were last used by anything but this run
 */
export async function observeAll(context: RotationContext, first: Observation): Promise<Observation> {
  const { rotation, values, clock } = context
  context.forget()
  const usedAt = clock.now() - CLOCK_TOLERANCE_MS
  const [{ startedAt, credentials, destinations }, secondaries] = await allOrFirstError([
    observe(context),
    allOrFirstError(
      rotation.credentials.map(async (credential): Promise<[CredentialPort, ObservedSlot]> => {
        const unread = leaveUnread(values, credential)
        const isUnread = unread.reading.state === 'unread'
        return [credential, isUnread ? await readSlot(credential, unread.values) : unread]
      })
    )
  ])
  const secondaryOf = new Map(secondaries)
  const before = new Map(first.credentials.flatMap(({ objects }) => objects.map((one) => [one.id, one])))
  const complete = async (observed: ObservedCredential): Promise<ObservedCredential> => {
    const { credential } = observed
    const secondary = observed.secondary === undefined ? undefined : secondaryOf.get(credential)
    const slots = withoutUndefined({ ...observed, secondary })
    const held = heldIds(slots)
    const listed =
      secondary === undefined ? observed.objects : await withHeld(credential, observed.objects, secondary)
    const objects = listed.map((object) =>
      held.has(object.id) ? withoutOwnUse(object, before.get(object.id), usedAt) : object
    )
    return { ...slots, objects }
  }
  return { startedAt, destinations, credentials: await allOrFirstError(credentials.map(complete)) }
}

/** Reads SECONDARY where it was not read yet. */
export async function readSecondary(observation: Observation): Promise<Observation> {
  const credentials = await allOrFirstError(
    observation.credentials.map(async (observed): Promise<ObservedCredential> => {
      const { credential, secondary } = observed
      if (secondary?.reading.state !== 'unread') return observed
      return { ...observed, secondary: await readSlot(credential, secondary.values) }
    })
  )
  return { ...observation, credentials }
}

/**
 * Ignores a use since this run began to observe, since the run itself uses what its slots hold: the last use that the first observation saw stands.
 */
function withoutOwnUse(
  { lastUsedAt, ...object }: CredentialObject,
  before: CredentialObject | undefined,
  usedAt: number
): CredentialObject {
  const byOthers = lastUsedAt !== undefined && lastUsedAt >= usedAt ? before?.lastUsedAt : lastUsedAt
  return byOthers === undefined ? object : { ...object, lastUsedAt: byOthers }
}

/** Reads PRIMARY; undefined where the run is not given its value. */
async function readPrimary(
  values: SlotValues,
  credential: CredentialPort
): Promise<ObservedSlot | undefined> {
  if (credential.current === 'unknown') return undefined
  return await readSlot(credential, values.of(credential, 'primary'))
}

async function readSlot(credential: CredentialPort, values: FieldValues | undefined): Promise<ObservedSlot> {
  if (values === undefined) return { values, reading: { state: 'missing' } }
  return { values, reading: await credential.identify(values) }
}

/** SECONDARY without reading it. */
export function leaveUnread(values: SlotValues, credential: CredentialPort): ObservedSlot {
  const given = values.of(credential, 'secondary')
  if (given !== undefined) return { values: given, reading: { state: 'unread' } }
  const isPlaceholder = values.isPlaceholder(credential, 'secondary')
  return {
    values: undefined,
    reading: isPlaceholder ? { state: 'missing', placeholder: true } : { state: 'missing' }
  }
}
