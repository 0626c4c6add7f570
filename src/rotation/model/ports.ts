import type { RotationError } from '../../kernel/error.ts'
import type { Finding } from './finding.ts'
import type { ManagedName } from './managed-name.ts'
import type { PairFormat } from '../../kernel/pair.ts'
import type { Secret } from '../../kernel/secret.ts'

/** Slot of a credential: `primary` is current, `secondary` is the previous one and a working fallback. */
export type Slot = 'primary' | 'secondary'

/** Secret names of one field of a credential, or of a pair; one without `secondary` has a single slot. */
export interface FieldSlots {
  readonly field: string
  readonly primary: string
  readonly secondary?: string
  /** How its secrets hold the values of two fields; left out, they hold the value of this one. */
  readonly pair?: PairFormat
}

/** Secret values of a credential by field name. */
export type FieldValues = Readonly<Record<string, Secret>>

/** Credential as Cloudflare lists it. Instants are milliseconds since the epoch. */
export interface CredentialObject {
  readonly id: string
  readonly name: string
  /** Parsed name of a managed object. */
  readonly managed?: ManagedName
  /** Open string: `active`, `disabled`, `expired` and others exist. */
  readonly status: string
  readonly issuedAt?: number
  readonly expiresAt?: number
  readonly lastUsedAt?: number
  /** Public part of the credential, e.g. an Access client id. */
  readonly publicId?: string
}

/** Result of reading a slot's values. */
export type SlotReading =
  /** `placeholder`: the step was given a dummy, so the slot holds no credential. */
  | { readonly state: 'missing'; readonly placeholder?: true }
  /** The run is not given the values, and the names in the account do not tell which object they belong to. */
  | { readonly state: 'unknown'; readonly reason: string }
  /** Not read yet: reading it would count as a use, which looks like a consumer's. */
  | { readonly state: 'unread' }
  | { readonly state: 'working'; readonly id: string; readonly expiresAt?: number }
  /** Cloudflare refused it twice, with a pause between the answers. */
  | { readonly state: 'refused'; readonly reason: string; readonly id?: string }
  /** Cloudflare lists it as active, but its values do not belong together, or a probe with them was rejected twice. */
  | { readonly state: 'rejected'; readonly reason: string; readonly id: string }
  /** The answer allows no conclusion. */
  | { readonly state: 'unreadable'; readonly error: RotationError }

/** Credential that was just created; its values exist nowhere else. */
export interface CreatedCredential {
  readonly object: CredentialObject
  readonly values: FieldValues
}

/** Configured credential: the operations that each kind implements. Every failure is a RotationError. */
export interface CredentialPort {
  readonly name: string
  /** The configuration's `type`. */
  readonly type: string
  readonly fields: readonly FieldSlots[]
  /** Where the current values are: the step is given them, or they are unknown to it and only names tell which object is current. */
  readonly current: 'given' | 'unknown'
  /** Id of the object that the first rotation takes over, where the values are unknown. */
  readonly adopt?: string
  /** Whether a new secret replaces the old one in the same object, so that only one of them can be current. */
  readonly inPlace: boolean
  /** Whether `identify` authenticates with the values, so that a refusal proves that they no longer work. */
  readonly identifiesByUse: boolean
  /** Finds which object a slot's values belong to and whether they work; reads only. */
  identify(values: FieldValues): Promise<SlotReading>
  /** Lists every object of the kind in the account, managed or not; may return what this run has already read. */
  list(): Promise<readonly CredentialObject[]>
  /**
   * Checks before anything is written whether a rotation can succeed: permissions, limits, where the old one is admitted. Returns what deserves a
   * warning, and throws what would certainly stop it.
   */
  prepare(like: CredentialObject | undefined): Promise<readonly Finding[]>
  /** Creates a new one, never twice; an error's `effect` says whether one may exist under that name. */
  create(request: CreateRequest): Promise<CreatedCredential>
  /** Looks up a name without any cache, for a creation whose answer was lost. */
  findByName(name: string): Promise<readonly CredentialObject[]>
  /** Reads one object without any cache; undefined when it no longer exists. */
  reread(id: string): Promise<CredentialObject | undefined>
  /** Admits a new one wherever its predecessor is admitted. */
  admit(created: CreatedCredential, like: CredentialObject | undefined): Promise<void>
  /** Waits until a new one is active, compares its permissions with the expected ones, and returns it with the details that its creation left out. */
  verify(created: CreatedCredential, like: CredentialObject | undefined): Promise<CredentialObject>
  /** Checks, as of now, that it could be removed from every rule that names it. @throws RotationError `access-policy` that names the rule that prevents it */
  requireRemovable(id: string, successors: ReadonlySet<string>): Promise<void>
  /**
   * Removes it from every rule that also admits one of its successors, and deletes it; an object that no longer exists is not an error.
   * @throws RotationError `access-policy` when a rule names it without a successor, listed or not
   */
  remove(id: string, successors: ReadonlySet<string>): Promise<void>
  /**
   * Reverts a creation, or a possible one whose answer was lost; returns a sentence about what could not be reverted. In place it is called before
   * the old values are restored, which must work again then.
   */
  discard(created: Pick<CreatedCredential, 'object'>): Promise<string | undefined>
  /**
   * Marks an old one that remains valid as retired in its name, so that a later run revokes it. In place nothing is renamed, and it returns what ends
   * the old one, as the end of a sentence.
   */
  retire(old: CredentialObject, retiredName: string): Promise<string | undefined>
  /** Disables an old one, reversibly, and marks it as retired in its name. */
  disable(old: CredentialObject, retiredName: string): Promise<void>
  /** Re-enables a disabled one under the given name, and puts it back into the rules that this run removed it from. */
  enable(old: CredentialObject, name: string): Promise<void>
  /** Removes an old one that was disabled, like `remove`. In place nothing is left to delete: its previous secret has ended. */
  removeDisabled(id: string, successors: ReadonlySet<string>): Promise<void>
  /** Renames an object; nothing else of it changes. */
  rename(object: CredentialObject, name: string): Promise<void>
  /**
   * Extends the lifetime of an object under a new name, and changes no secret; where it exists, a rotation does nothing else with the credential.
   */
  refresh?(object: CredentialObject, name: string): Promise<CredentialObject>
  /** Drops what it has read, at the end of the rotation. */
  release(): void
  /** Configured probes. */
  readonly probes: readonly Probe[]
}

/** Input of a creation. */
export interface CreateRequest {
  readonly name: string
  /** Predecessor, whose permissions it inherits where the configuration states none. */
  readonly predecessor: CredentialObject | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Configured check that a credential works, or that it no longer does. */
export interface Probe {
  /** How logs and records name it. */
  readonly label: string
  /** `command` probes may change things: they run one after the other, in the order of the configuration, and only with new values. */
  readonly kind: 'check' | 'command'
  /** Whether it changes nothing, so that `command: check` may run it too. */
  readonly readsOnly: boolean
  /** Tries the values once. */
  run(values: FieldValues): Promise<ProbeEvidence>
}

/**
 * Result of a probe. `unauthenticated` proves that a credential no longer works (401, or a redirect to a login); `forbidden` does so only when
 * another credential passes the same probe, since a valid but unauthorised one gets the same answer; `inconclusive` proves nothing.
 */
export type Verdict = 'passed' | 'unauthenticated' | 'forbidden' | 'inconclusive'

/** Evidence of one try of a probe. */
export interface ProbeEvidence {
  readonly label: string
  readonly verdict: Verdict
  /** Description without secrets, cut at a stated length. */
  readonly detail: string
  /** What to do when it did not pass. */
  readonly hint?: string
  /** Whether another try would certainly have the same result. */
  readonly final?: boolean
}

/** Workflow runs as GitHub knows them; undefined where it cannot be told. */
export interface WorkflowRuns {
  /** When this run was queued, in milliseconds: its secrets cannot have been read before. */
  queuedAt(): Promise<number | undefined>
  /**
   * State of the run with that id: `unknown` where GitHub knows this run and none of that id, `unanswered` where it did not say this time, undefined
   * where the token may not read runs.
   */
  find(runId: string): Promise<'running' | 'ended' | 'unknown' | 'unanswered' | undefined>
}

/** Receiver of progress and warnings. Texts may come from anywhere: the reporter redacts secrets. */
export interface Reporter {
  info(message: string): void
  warning(message: string): void
}

/** State for `post`, in case this process is killed. */
export interface RunState {
  /** Called before the lock is written. */
  beforeLock(rotation: string): void
  /** Called before the first write of any other kind. */
  beforeWrite(rotation: string): void
}
