import type {
  CredentialConfiguration,
  CredentialDescriptor,
  CredentialForm,
  DestinationConfiguration,
  DestinationDescriptor,
  GateConfiguration,
  GateDescriptor,
  LockConfiguration,
  LockDescriptor,
  ProbeConfiguration,
  ProbeDescriptor
} from '../../kernel/kinds.ts'
import type { Gate } from './gate.ts'
import type { Lock } from './lock.ts'
import type { Home } from './managed-name.ts'
import type { Destination } from './destination.ts'
import type { CredentialPort, FieldSlots, FieldValues, Probe, Reporter } from './ports.ts'

/** A kind of credential: its configuration, its driver, and how the account lists it. `S` is what its driver uses of the run. */
export interface CredentialKind<C extends CredentialConfiguration, S> extends CredentialDescriptor<C> {
  create(configuration: C, services: S, context: CredentialContext): CredentialPort
  /** The headers by which an HTTP request is authenticated with a credential of this kind; left out, it has none. */
  requestHeaders?(values: FieldValues): Readonly<Record<string, string>>
  /** How `check` sees every credential of this kind in the account. */
  readonly inventory: Inventory<S>
}

/** What a rotation passes to the credentials that it creates. */
export interface CredentialContext {
  readonly fields: readonly FieldSlots[]
  readonly current: CredentialPort['current']
  readonly probes: readonly Probe[]
  readonly reporter: Reporter
  /** How many of its kind the rotation makes at once. */
  readonly headroom: number
}

/** How the account lists a kind of credential. */
export interface Inventory<S> {
  /** How findings name it, e.g. `account API tokens`. */
  readonly label: string
  /** Cloudflare's default limit for their owner. */
  readonly limit: number
  /** Whose credentials they are; left out, the account's. */
  readonly owner?: 'account' | 'user'
  list(services: S): Promise<readonly InventoryItem[]>
}

/** One credential of the account. */
export interface InventoryItem {
  readonly id: string
  readonly name: string
  readonly alive: boolean
  readonly expires: boolean
}

/** A kind of destination. */
export interface DestinationKind<C extends DestinationConfiguration, S> extends DestinationDescriptor<C> {
  /** Makes a destination for each place that the configuration names. */
  create(configuration: C, services: S, context: DestinationContext<C>): readonly Destination[]
}

/** What a rotation passes to the destinations that it creates. */
export interface DestinationContext<C extends DestinationConfiguration> {
  readonly home: Home
  readonly namesOf: Destination['namesOf']
  /** Whether an old credential is kept until the workflow runs that may hold it have ended. */
  readonly waitForRuns: boolean
  /** Every destination of this kind in the whole configuration. */
  readonly ofSameKind: readonly C[]
}

/** The rotation that a lock is for. */
export interface RotationOfLock {
  readonly name: string
  /** How long it may wait for its rollout gates, in milliseconds. */
  readonly waitsMs: number
}

/** A kind of lock. */
export interface LockKind<C extends LockConfiguration, S> extends LockDescriptor<C> {
  create(configuration: C, services: S, rotation: RotationOfLock): Lock
}

/** A kind of probe. */
export interface ProbeKind<C extends ProbeConfiguration, S> extends ProbeDescriptor<C> {
  create(configuration: C, services: S, context: ProbeContext): Probe
}

/** What a credential passes to the probes that it creates. */
export interface ProbeContext {
  readonly form: CredentialForm
  readonly fields: readonly FieldSlots[]
  /** Whose credential it is. */
  readonly owner: 'account' | 'user'
  /** The Secrets Stores of the rotation's destinations. */
  readonly storeIds: readonly string[]
  /** The headers that carry the credential, from its values. */
  readonly requestHeaders: (values: FieldValues) => Readonly<Record<string, string>>
}

/** A kind of rollout gate. */
export interface GateKind<C extends GateConfiguration, S> extends GateDescriptor<C> {
  create(configuration: C, services: S): Gate
}
