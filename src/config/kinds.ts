import type {
  AlertDescriptor,
  CredentialConfiguration,
  CredentialDescriptor,
  DestinationConfiguration,
  DestinationDescriptor,
  GateConfiguration,
  GateDescriptor,
  LockConfiguration,
  LockDescriptor,
  ProbeConfiguration,
  ProbeDescriptor,
  TypedConfiguration
} from '../kernel/kinds.ts'

/** Every kind that a configuration may name. */
export interface Kinds {
  readonly credentials: readonly CredentialDescriptor<CredentialConfiguration>[]
  readonly destinations: readonly DestinationDescriptor<DestinationConfiguration>[]
  readonly locks: readonly LockDescriptor<LockConfiguration>[]
  readonly alerts: readonly AlertDescriptor<TypedConfiguration>[]
  readonly probes: readonly ProbeDescriptor<ProbeConfiguration>[]
  readonly gates: readonly GateDescriptor<GateConfiguration>[]
}

/** Finds the kind of a part of the configuration, which its schema has checked to be there. */
export function kindOf<K extends TypedConfiguration>(kinds: readonly K[], { type }: TypedConfiguration): K {
  const kind = kinds.find((one) => one.type === type)
  if (kind === undefined) throw new TypeError(`There is no kind ${type}`)
  return kind
}

/** Finds the kind of a probe or of a gate, by its key. */
export function keyedKindOf<K extends { readonly key: string }>(kinds: readonly K[], part: object): K {
  const kind = kinds.find(({ key }) => key in part)
  if (kind === undefined) throw new TypeError(`Unknown kind: ${Object.keys(part).join()}`)
  return kind
}

/** The Secrets Stores that a rotation writes to. */
export function storeIdsOf(
  { destinations: kinds }: Pick<Kinds, 'destinations'>,
  { destinations }: { readonly destinations: readonly DestinationConfiguration[] }
): readonly string[] {
  return destinations.flatMap((destination) => kindOf(kinds, destination).storeId?.(destination) ?? [])
}
