import { allOrFirstError } from './all.ts'
import type { CredentialObject, CredentialPort, DestinationEntry, FieldValues, SlotReading } from './ports.ts'
import { hasTwoSlots, type RotationContext } from './rotation.ts'

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
  readonly credentials: readonly ObservedCredential[]
  readonly destinations: readonly ObservedDestination[]
}

/** Reads everything that a plan needs, at the same time. Changes nothing. */
export async function observe(context: RotationContext): Promise<Observation> {
  const { rotation, values, clock } = context
  const startedAt = clock.now()
  const names = rotation.credentials.flatMap(({ fields }) =>
    fields.flatMap(({ primary, secondary }) => (secondary === undefined ? [primary] : [primary, secondary]))
  )
  const [credentials, destinations] = await Promise.all([
    allOrFirstError(
      rotation.credentials.map(async (credential): Promise<ObservedCredential> => {
        const [primary, secondary, objects] = await Promise.all([
          observeSlot(credential, values.of(credential, 'primary')),
          hasTwoSlots(credential) ? observeSlot(credential, values.of(credential, 'secondary')) : undefined,
          credential.list()
        ])
        return { credential, primary, objects, ...(secondary === undefined ? {} : { secondary }) }
      })
    ),
    allOrFirstError(rotation.destinations.map((destination) => destination.observe(names)))
  ])
  return { startedAt, credentials, destinations }
}

async function observeSlot(
  credential: CredentialPort,
  values: FieldValues | undefined
): Promise<ObservedSlot> {
  if (values === undefined) return { values, reading: { state: 'missing' } }
  return { values, reading: await credential.identify(values) }
}
