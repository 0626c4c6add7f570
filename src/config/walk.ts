import type { CredentialConfiguration, DestinationConfiguration, GateConfiguration } from '../kernel/kinds.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import type { PairFormat } from '../kernel/pair.ts'
import type { Configuration, RotationConfiguration } from './configuration.ts'

/** A credential with its place in the configuration. */
export interface PlacedCredential {
  readonly rotation: RotationConfiguration
  readonly credential: CredentialConfiguration
  /** E.g. `rotations[1].credentials[0]`. */
  readonly path: string
}

/** A secret name with its place in the configuration. */
export interface NamedSlot {
  readonly path: string
  readonly name: string
  readonly slot: 'primary' | 'secondary'
  readonly field: string
  /** How it holds a pair; left out, it holds one value. */
  readonly pair?: PairFormat
}

/** A rotation with its place in the configuration. */
export interface PlacedRotation {
  readonly rotation: RotationConfiguration
  /** E.g. `rotations[1]`. */
  readonly path: string
}

/** Every rotation with its path, or those that are selected. */
export function rotationsOf(
  { rotations }: Pick<Configuration, 'rotations'>,
  selected = rotations
): readonly PlacedRotation[] {
  return rotations
    .map((rotation, index) => ({ rotation, path: `rotations[${index}]` }))
    .filter(({ rotation }) => selected.includes(rotation))
}

/** Every credential with its path, or those of selected rotations. */
export function credentialsOf(
  configuration: Pick<Configuration, 'rotations'>,
  selected = configuration.rotations
): readonly PlacedCredential[] {
  return rotationsOf(configuration, selected).flatMap(({ rotation, path }) =>
    rotation.credentials.map((credential, index) => ({
      rotation,
      credential,
      path: `${path}.credentials[${index}]`
    }))
  )
}

/** Every secret name of a credential, with its path. */
export function slotsOf({ credential, path }: Omit<PlacedCredential, 'rotation'>): readonly NamedSlot[] {
  return Object.entries(credential.secrets).flatMap(([field, { primary, secondary, pair }]): NamedSlot[] => {
    const at = `${path}.secrets.${field}`
    const held = withoutUndefined({ field, pair })
    if (secondary === undefined) return [{ path: at, name: primary, slot: 'primary', ...held }]
    return [
      { path: `${at}.primary`, name: primary, slot: 'primary', ...held },
      { path: `${at}.secondary`, name: secondary, slot: 'secondary', ...held }
    ]
  })
}

/** Every secret name of a configuration, with its path. */
export function allSlots(configuration: Pick<Configuration, 'rotations'>): readonly NamedSlot[] {
  return credentialsOf(configuration).flatMap(slotsOf)
}

/** The secret names whose values a run is given, of selected rotations or of all. */
export function givenSlots(
  configuration: Pick<Configuration, 'rotations'>,
  selected?: readonly RotationConfiguration[]
): readonly NamedSlot[] {
  return credentialsOf(configuration, selected)
    .filter(({ credential }) => credential.current !== 'unknown')
    .flatMap(slotsOf)
}

/** Tells whether a credential has a second slot. */
export function hasSecondary({ secrets }: CredentialConfiguration): boolean {
  return Object.values(secrets).some(({ secondary }) => secondary !== undefined)
}

/** A destination with its place in the configuration. */
export interface PlacedDestination extends PlacedRotation {
  readonly destination: DestinationConfiguration
}

/** Every destination with its path, or those of selected rotations. */
export function destinationsOf(
  configuration: Pick<Configuration, 'rotations'>,
  selected = configuration.rotations
): readonly PlacedDestination[] {
  return rotationsOf(configuration, selected).flatMap(({ rotation, path }) =>
    rotation.destinations.map((destination, index) => ({
      rotation,
      destination,
      path: `${path}.destinations[${index}]`
    }))
  )
}

/** A rollout gate with its place in the configuration. */
export interface PlacedGate extends PlacedRotation {
  readonly gate: GateConfiguration
}

/** Every rollout gate with its path, or those of selected rotations. */
export function gatesOf(
  configuration: Pick<Configuration, 'rotations'>,
  selected = configuration.rotations
): readonly PlacedGate[] {
  return rotationsOf(configuration, selected).flatMap(({ rotation, path }) =>
    rotation.rollout.map((gate, index) => ({ rotation, gate, path: `${path}.rollout[${index}]` }))
  )
}

/** The names under which a destination holds a variable; none where it is not written there. */
export function namesAt({ names }: DestinationConfiguration, variable: string): readonly string[] {
  const given = names?.[variable]
  return given === undefined ? [variable] : [given ?? []].flat()
}
