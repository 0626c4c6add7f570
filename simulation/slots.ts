import type { Configuration } from '../src/config/configuration.ts'
import { namesAt } from '../src/config/walk.ts'
import { readPair, type PairFormat } from '../src/kernel/pair.ts'
import type { CredentialConfiguration, DestinationConfiguration } from '../src/kernel/kinds.ts'
import { classifyValues, type SlotTruth, type SlotValues } from './credentials.ts'
import { placesAt } from './destinations.ts'
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
  /** Whether runs are given its current values. */
  readonly isGiven: boolean
  /** Returns what the slots hold now. */
  slots(): readonly HeldSlot[]
}

/** Lists every credential at every destination of a configuration. */
export function holdingsOf(world: World, { rotations }: Configuration): readonly Holding[] {
  return rotations.flatMap(({ name, credentials, destinations }) =>
    destinations.flatMap((destination) =>
      credentials.flatMap((credential) => holdingsAt(world, { rotation: name, credential, destination }))
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

/** The credential at each place of a destination, once for each name that a variable has there. */
function holdingsAt(
  world: World,
  {
    rotation,
    credential,
    destination
  }: { rotation: string; credential: CredentialConfiguration; destination: DestinationConfiguration }
): readonly Holding[] {
  const fields = Object.entries(credential.secrets)
  const kinds = fields.some(([, { secondary }]) => secondary !== undefined)
    ? (['primary', 'secondary'] as const)
    : (['primary'] as const)
  const variables = fields.flatMap(([, names]) => kinds.map((slot) => names[slot] ?? ''))
  const copies = Math.max(...variables.map((variable) => namesAt(destination, variable).length))
  const nameOf = (variable: string, copy: number): string => {
    const names = namesAt(destination, variable)
    return names[copy] ?? names[0] ?? ''
  }
  return placesAt(world, destination).flatMap(({ label, read, isLate }) =>
    Array.from({ length: copies }, (_, copy) => ({
      label: `${credential.name} at ${label}${copy === 0 ? '' : ` under name ${copy + 1}`}`,
      rotation,
      type: credential.type,
      isGiven: credential.current !== 'unknown',
      slots: () => {
        const held = read()
        return kinds.slice(0, isLate === true ? 1 : undefined).map((slot) => ({
          slot,
          values: Object.fromEntries(
            fields.flatMap(([field, names]) =>
              valuesIn(field, names.pair, held[nameOf(names[slot] ?? '', copy)])
            )
          )
        }))
      }
    }))
  )
}

/** The values in a secret, by field. */
function valuesIn(
  field: string,
  pair: PairFormat | undefined,
  text: string | undefined
): readonly (readonly [string, string | undefined])[] {
  if (pair === undefined) return [[field, text]]
  return Object.entries((text === undefined ? undefined : readPair(text, pair)) ?? {})
}
