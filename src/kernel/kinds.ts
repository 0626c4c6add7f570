/**
 * Descriptors of the kinds of credentials, destinations, locks, alerts, probes and rollout gates, as far as the configuration needs them. Each kind is one descriptor
 * beside its driver and one line in `src/compose/kinds.ts`. A kind is only asked about configurations that its own schema accepted. Paths are relative to
 * the part of the configuration that is of the kind.
 */
import type * as v from 'valibot'
import type { PairFormat } from './pair.ts'

/** The roles of `auth`, each with its description. */
export const AUTH_ROLES = {
  tokens: 'API tokens: create, list, delete.',
  secrets: 'Secrets Store: list, create, edit secrets.',
  access: 'Access: service tokens, policies, groups.',
  workers: 'Workers and Pages: read versions and deployments, write secrets.',
  lock: 'Workers KV or D1: the lock.',
  email: 'Email Sending: an alert of type email without `smtp`.'
} as const

/** The name of a role of `auth`. */
export type AuthRole = keyof typeof AUTH_ROLES

/** A permission that the token of a role needs. */
export interface RolePermission {
  readonly role: AuthRole
  /** Cloudflare's name of the permission group, e.g. `Secrets Store Write`; the dashboard says `Edit` for `Write`. */
  readonly permission: string
  /** Only tokens of a user can have it; left out, account tokens can too. */
  readonly onlyUsers?: true
}

/** An environment variable that a configuration names. */
export interface NamedVariable {
  readonly path: string
  readonly name: string
  /** Whether its value is masked. */
  readonly secret: boolean
  /** Its content: any text, a text of one line, or a URL that is safe for a secret. */
  readonly holds: 'text' | 'line' | 'url'
}

/** A text in which `${NAME}` stands for an environment variable. */
export interface Template {
  readonly path: string
  readonly text: string
  /** `url`: a credential is sent there. `secret`: the values of its variables are masked. `env`: so they are, unless a URL names them too. */
  readonly use: 'url' | 'secret' | 'env'
}

/** A problem or a warning about a value in the configuration of a kind. */
export interface Remark {
  readonly path: string
  /** The end of a sentence that begins with the path. */
  readonly message: string
}

/** A part of the configuration whose `type` names its kind. */
export interface TypedConfiguration {
  readonly type: string
}

/** The secret names of a field, or of a pair of fields: of its single slot, or of each of the two. */
export interface SlotNames {
  readonly primary: string
  readonly secondary?: string | undefined
  /** How the secrets hold a pair; left out, they hold one value. */
  readonly pair?: PairFormat
}

/** A configured credential, as far as all kinds have it. */
export interface CredentialConfiguration extends TypedConfiguration {
  readonly name: string
  readonly secrets: Readonly<Record<string, SlotNames>>
  readonly verify: readonly ProbeConfiguration[]
  /** Left out, the step is given the current values. */
  readonly current?: 'unknown' | undefined
  /** Id of the object that the first rotation takes over, with `current: unknown`. */
  readonly adopt?: string | undefined
}

/** A configured probe: a mapping with the key of its kind. */
export type ProbeConfiguration = object

/** A configured rollout gate: a mapping with the key of its kind. */
export type GateConfiguration = object

/** The names under which a destination holds variables: of each variable one name, several, or null where it is not written. */
export type NamesConfiguration = Readonly<Record<string, string | readonly string[] | null>>

/** A configured destination, as far as all kinds have it. */
export interface DestinationConfiguration extends TypedConfiguration {
  /** Where it is left out, and for variables that it leaves out, the name is that of the variable. */
  readonly names?: NamesConfiguration | undefined
}

/** A configured lock, as far as all kinds have it. */
export interface LockConfiguration extends TypedConfiguration {
  /** Milliseconds. */
  readonly ttl: number
}

/** The schema of one kind, which its `type` tells from the others. */
export type KindSchema<C> = v.VariantOptions<'type'>[number] & v.GenericSchema<unknown, C>

/** The schema of a credential's probes. */
export type ProbesSchema = v.GenericSchema<unknown, readonly ProbeConfiguration[]>

/** A kind of anything but probes and gates. */
export interface KindDescriptor<C extends TypedConfiguration> {
  /** The value of `type` by which a configuration is of this kind. */
  readonly type: string
  /** Permissions of the tokens in `auth` that it works with. */
  permissions?(configuration: C): readonly RolePermission[]
  /** Environment variables that it reads, other than slots and `auth`. */
  variables?(configuration: C): readonly NamedVariable[]
}

/** A kind of lock. */
export interface LockDescriptor<C extends LockConfiguration> extends KindDescriptor<C> {
  readonly schema: KindSchema<C>
}

/** A kind of alert. */
export interface AlertDescriptor<C extends TypedConfiguration> extends KindDescriptor<C> {
  readonly schema: KindSchema<C>
  /** Whether it is raised at GitHub. */
  readonly needsGithub?: true
}

/** The way in which a credential authenticates, which decides the probes that suit it. */
export type CredentialForm = 'api-token' | 'service-token'

/** A kind of credential. */
export interface CredentialDescriptor<C extends CredentialConfiguration> extends KindDescriptor<C> {
  readonly form: CredentialForm
  /** @param probes the schema of the probes that suit it, for its key `verify` */
  schema(probes: ProbesSchema): KindSchema<C>
  /** Whether a new secret ends the previous one, without anyone revoking it. */
  endsPrevious?(configuration: C): boolean
  /** Fields that are not secret: neither masked nor kept out of the record. */
  readonly publicFields?: readonly string[]
  /** Finds values that are right by themselves and do not fit together. */
  findProblems?(configuration: C, rotation: RotationTiming): readonly Remark[]
  /** Finds settings that are allowed but likely to fail. */
  findWarnings?(configuration: C, situation: CredentialSituation): readonly Remark[]
}

/** How often a rotation is due. */
export interface RotationTiming {
  /** Milliseconds; undefined where every run rotates. */
  readonly every: number | undefined
}

/** The situation that a credential's warnings depend on. */
export interface CredentialSituation extends RotationTiming {
  /** The event that started the run, e.g. `schedule`. */
  readonly event: string
  /** Whether one of its probes can show that an old credential is revoked. */
  readonly provesRevocation: boolean
}

/** A kind of destination. */
export interface DestinationDescriptor<C extends DestinationConfiguration> extends KindDescriptor<C> {
  readonly schema: KindSchema<C>
  /** Identifies the places that it writes to, e.g. `octo-org/site`, so that two values for one name are found. */
  places(configuration: C): readonly string[]
  /** Identifies a name where the place does not tell two spellings apart; left out, each spelling is a name of its own. */
  identifyName?(name: string): string
  /** Says why the place does not allow a name, as the end of a sentence that begins with the path. */
  findNameProblem(name: string): string | undefined
  /**
   * Names the places, as `owner/name`, `owner/name/environment` or `owner/name@organization`, through which it gives the next run its environment.
   * @param repository `owner/name` of the run
   */
  findFeeds?(configuration: C, repository: string): readonly string[]
  /** Whether the configuration does not tell where it writes, so that it may be what gives the next run its environment. */
  readonly mayFeedRuns?: true
  /** The Secrets Store that it writes to. */
  storeId?(configuration: C): string
  /** Texts in which `${NAME}` stands for a variable of the step. */
  templates?(configuration: C): readonly Template[]
  /** A label by which it is named, and which no other destination may have. */
  label?(configuration: C): string
  /** The key for which the configuration needs a `coordinator`; undefined where it needs none. */
  needsCoordinator?(configuration: C): string | undefined
  /** Whether it is written with the input `github-secrets-token`, so that it cannot be reached while GitHub is down. */
  readonly needsGithubSecretsToken?: true
  /** Whether workflow runs that were queued before a write may hold what it held until then. */
  readonly heldByRuns?: true
}

/** A kind of probe. */
export interface ProbeDescriptor<C extends ProbeConfiguration> {
  /** The key by which a probe is of this kind. */
  readonly key: string
  readonly schema: v.GenericSchema<unknown, C>
  /** The forms of credentials that it suits. */
  readonly suits: readonly CredentialForm[]
  /** The fields of a credential that it needs, by the form of the credential; left out, none. */
  readonly needs?: Partial<Readonly<Record<CredentialForm, readonly string[]>>>
  /** Whether its failure with an old credential can show that this one is revoked. */
  readonly provesRevocation?: true
  /** Texts in which `${NAME}` stands for a variable of the step. */
  templates?(probe: C): readonly Template[]
  findProblems?(probe: C, rotation: { readonly storeIds: readonly string[] }): readonly Remark[]
}

/** A kind of rollout gate. */
export interface GateDescriptor<C extends GateConfiguration> {
  /** The key by which a gate is of this kind. */
  readonly key: string
  readonly schema: v.GenericSchema<unknown, C>
  /** Whether it asks GitHub. */
  readonly needsGithub?: true
  /** Texts in which `${NAME}` stands for a variable of the step. */
  templates?(gate: C): readonly Template[]
}
