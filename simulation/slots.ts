import type { Configuration } from '../src/config/configuration.ts'
import type { CredentialConfiguration, TypedConfiguration } from '../src/kernel/kinds.ts'
import { classifyValues, type SlotTruth, type SlotValues } from './credentials.ts'
import { readSecrets } from './destinations.ts'
import type { World } from './world.ts'

/** Slot of a credential at a destination, as consumers see it now. */
export interface HeldSlot {
  readonly slot: 'primary' | 'secondary'
  readonly values: SlotValues
}

/** Credential at a destination, which its consumers depend on. */
export interface Holding {
  /** Name in violations. */
  readonly label: string
  /** Name of the rotation that writes it. */
  readonly rotation: string
  readonly type: CredentialConfiguration['type']
  /** Returns what the slots hold now. */
  slots(): readonly HeldSlot[]
}

/** Lists every credential at every destination of a configuration. */
export function holdingsOf(world: World, { rotations }: Configuration): readonly Holding[] {
  return rotations.flatMap(({ name, credentials, destinations }) =>
    destinations.flatMap((destination) =>
      credentials.map((credential) => holdingOf(world, { rotation: name, credential, destination }))
    )
  )
}

/** Determines the state of a slot from the state of the sandbox. */
export function classifySlot(
  world: World,
  type: CredentialConfiguration['type'],
  { values }: HeldSlot
): SlotTruth {
  return classifyValues(world, type, values)
}

function holdingOf(
  world: World,
  {
    rotation,
    credential,
    destination
  }: { rotation: string; credential: CredentialConfiguration; destination: TypedConfiguration }
): Holding {
  const fields = Object.entries(credential.secrets)
  const kinds = fields.some(([, { secondary }]) => secondary !== undefined)
    ? (['primary', 'secondary'] as const)
    : (['primary'] as const)
  return {
    label: `${credential.name} at ${destination.type}`,
    rotation,
    type: credential.type,
    slots: () => {
      const held = readSecrets(world, destination)
      return kinds.map((slot) => ({
        slot,
        values: Object.fromEntries(fields.map(([field, names]) => [field, held[names[slot] ?? '']]))
      }))
    }
  }
}
