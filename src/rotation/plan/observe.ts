import { allOrFirstError } from '../../kernel/settle.ts'
import type {
  CredentialObject,
  CredentialPort,
  DestinationEntry,
  FieldValues,
  SlotReading
} from '../model/ports.ts'
import { hasTwoSlots, type Rotation, type RotationContext, type SlotValues } from '../model/rotation.ts'

/** A slot's values, as the environment gives them, and what they turned out to be. */
export interface ObservedSlot {
  readonly values: FieldValues | undefined
  readonly reading: SlotReading
}

/** A credential as it stands before a run changes anything. */
export interface ObservedCredential {
  readonly credential: CredentialPort
  readonly primary: ObservedSlot
  /** Absent for a credential with a single slot. */
  readonly secondary?: ObservedSlot
  /** Every object of the kind in the account. */
  readonly objects: readonly CredentialObject[]
}

/** A destination as it stands before a run changes anything: its entries in the order of `Rotation.destinations`, by secret name. */
export type ObservedDestination = ReadonlyMap<string, DestinationEntry>

/** What a run sees before it plans. */
export interface Observation {
  /** Milliseconds since the epoch, taken before the first call. */
  readonly startedAt: number
  /** Until when this run itself may have used what SECONDARY holds, in milliseconds; undefined where it has not. */
  readonly usedUntil?: number
  readonly credentials: readonly ObservedCredential[]
  readonly destinations: readonly ObservedDestination[]
}

/**
 * Reads what a plan needs, at the same time. Changes nothing. What SECONDARY holds is left unread unless PRIMARY does not work: finding out uses
 * it, and would hide from the lists whether a consumer does.
 */
export async function observe(context: RotationContext): Promise<Observation> {
  const { rotation, values, clock } = context
  const startedAt = clock.now()
  const [credentials, destinations] = await allOrFirstError([
    allOrFirstError(
      rotation.credentials.map(async (credential): Promise<ObservedCredential> => {
        const [primary, objects] = await allOrFirstError([
          readSlot(credential, values.of(credential, 'primary')),
          credential.list()
        ])
        const observed = { credential, primary, objects }
        return hasTwoSlots(credential)
          ? { ...observed, secondary: leaveUnread(values, credential) }
          : observed
      })
    ),
    allOrFirstError(rotation.destinations.map((destination) => destination.observe(namesOf(rotation))))
  ])
  const observation = { startedAt, credentials, destinations }
  const carried = credentials.every(({ primary }) => primary.reading.state === 'working')
  return carried ? observation : await readSecondary(context, observation)
}

/** The clock of the runner and Cloudflare's may differ a little, in milliseconds. */
const SKEW_MS = 2_000

/** Looks at what SECONDARY holds, where that was not done yet. */
export async function readSecondary(
  { clock }: Pick<RotationContext, 'clock'>,
  observation: Observation
): Promise<Observation> {
  const credentials = await allOrFirstError(
    observation.credentials.map(async (observed): Promise<ObservedCredential> => {
      const { credential, secondary } = observed
      if (secondary?.reading.state !== 'unread') return observed
      return { ...observed, secondary: await readSlot(credential, secondary.values) }
    })
  )
  const read = credentials.some((observed, index) => observed !== observation.credentials[index])
  return read ? { ...observation, credentials, usedUntil: clock.now() + SKEW_MS } : observation
}

/** The names of every secret of a rotation. */
export function namesOf({ credentials }: Rotation): readonly string[] {
  return credentials.flatMap(({ fields }) =>
    fields.flatMap(({ primary, secondary }) => (secondary === undefined ? [primary] : [primary, secondary]))
  )
}

async function readSlot(credential: CredentialPort, values: FieldValues | undefined): Promise<ObservedSlot> {
  if (values === undefined) return { values, reading: { state: 'missing' } }
  return { values, reading: await credential.identify(values) }
}

/** SECONDARY, not looked at. */
export function leaveUnread(values: SlotValues, credential: CredentialPort): ObservedSlot {
  const given = values.of(credential, 'secondary')
  if (given !== undefined) return { values: given, reading: { state: 'unread' } }
  const placeholder = values.isPlaceholder(credential, 'secondary')
  return { values: undefined, reading: { state: 'missing', ...(placeholder ? { placeholder } : {}) } }
}
