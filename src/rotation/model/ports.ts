import type { Effect, RotationError } from '../../kernel/error.ts'
import type { Finding } from './finding.ts'
import type { ManagedName } from './managed-name.ts'
import type { Secret } from '../../kernel/secret.ts'

/** `primary` is active, `secondary` the previous one and a working fallback. */
export type Slot = 'primary' | 'secondary'

/** The secret names of one field of a credential; a field without `secondary` has a single slot. */
export interface FieldSlots {
  readonly field: string
  readonly primary: string
  readonly secondary?: string
}

/** The secret values of a credential by field name. */
export type FieldValues = Readonly<Record<string, Secret>>

/** A credential as Cloudflare lists it. Instants are milliseconds since the epoch. */
export interface CredentialObject {
  readonly id: string
  readonly name: string
  /** What the name says, where it is one of ours. */
  readonly managed?: ManagedName
  /** An open string: `active`, `disabled`, `expired` and others exist. */
  readonly status: string
  readonly issuedAt?: number
  readonly expiresAt?: number
  readonly lastUsedAt?: number
  /** The part of the credential that is public, e.g. an Access client id. */
  readonly publicId?: string
}

/** What a slot's value turned out to be. */
export type SlotReading =
  /** `placeholder`: the step was given a dummy, so that the slot is known to hold no credential. */
  | { readonly state: 'missing'; readonly placeholder?: true }
  /** Not looked at yet: looking would be a use of it, which must not be taken for a consumer's. */
  | { readonly state: 'unread' }
  | { readonly state: 'working'; readonly id: string; readonly expiresAt?: number }
  /** Cloudflare itself says that it is dead, twice, with a pause between the answers. */
  | { readonly state: 'refused'; readonly reason: string; readonly id?: string }
  /** Cloudflare lists it as active, and a probe with its values was rejected twice: they may not belong together. */
  | { readonly state: 'rejected'; readonly reason: string; readonly id: string }
  /** Nothing can be concluded from what was answered. */
  | { readonly state: 'unreadable'; readonly error: RotationError }

/** A credential that has just been made; its values exist nowhere else. */
export interface CreatedCredential {
  readonly object: CredentialObject
  readonly values: FieldValues
}

/** One configured credential: what a kind of credential must be able to do. Every failure is a RotationError. */
export interface CredentialPort {
  readonly name: string
  /** The configuration's `type`. */
  readonly type: string
  readonly fields: readonly FieldSlots[]
  /** Whether a new one takes the old one's place in the same object, so that only one of them can be current. */
  readonly inPlace: boolean
  /** Whether `identify` authenticates with the values, so that its refusal proves that they are dead. */
  readonly identifiesByUse: boolean
  /** Tells which object a slot's values belong to and whether they work; reads only. */
  identify(values: FieldValues): Promise<SlotReading>
  /** Every object of the kind in the account, managed or not; may be answered from what this run has already read. */
  list(): Promise<readonly CredentialObject[]>
  /**
   * Finds out before anything is written whether a rotation can succeed: permissions, limits, where the old one is admitted. Answers what is worth
   * a warning, and throws what would stop it for certain.
   */
  prepare(like: CredentialObject | undefined): Promise<readonly Finding[]>
  /** Makes a new one, never twice; an error's `effect` says whether one may exist under that name. */
  create(request: CreateRequest): Promise<CreatedCredential>
  /** Looks a name up afresh, for a creation whose answer was lost. */
  findByName(name: string): Promise<readonly CredentialObject[]>
  /** Reads one object afresh; undefined when it is gone. */
  reread(id: string): Promise<CredentialObject | undefined>
  /** Admits a new one wherever the one that it replaces is admitted. */
  admit(created: CreatedCredential, like: CredentialObject | undefined): Promise<void>
  /** Waits until a new one is active, compares what it may do with what it should, and answers it with what its creation left out. */
  verify(created: CreatedCredential, like: CredentialObject | undefined): Promise<CredentialObject>
  /** Finds out whether it could be taken out of every rule that names it. @throws RotationError `access-policy` that says which rule stands in the way */
  requireRemovable(id: string, successors: ReadonlySet<string>): Promise<void>
  /**
   * Takes it out of every rule that admits it, where one of its successors stands beside it, and deletes it; one that is gone already is no error.
   * @throws RotationError `access-policy` when some rule names it without a successor
   */
  remove(id: string, successors: ReadonlySet<string>): Promise<void>
  /**
   * Takes back a creation, or what may be one whose answer was lost; answers what can't be taken back, as a sentence. In place it is called
   * before the old values are written back, which then have to work again.
   */
  discard(created: Pick<CreatedCredential, 'object'>): Promise<string | undefined>
  /** Makes an old one stop working, reversibly, and notes in its name that no slot holds it. */
  disable(old: CredentialObject, retiredName: string): Promise<void>
  /** Makes a suspended one work again, under the given name. */
  enable(old: CredentialObject, name: string): Promise<void>
  /** Gives an object another name; nothing else of it changes. */
  rename(object: CredentialObject, name: string): Promise<void>
  /** The checks that the configuration asks for. */
  readonly probes: readonly Probe[]
}

/** What a new credential is made from. */
export interface CreateRequest {
  readonly name: string
  /** The one that it replaces, whose permissions it inherits where the configuration states none. */
  readonly predecessor: CredentialObject | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** One configured proof that a credential works, or that it no longer does. */
export interface Probe {
  /** How logs and records name it. */
  readonly label: string
  /** `command` probes may change things: they run one after the other, in the order of the configuration, and only with new values. */
  readonly kind: 'check' | 'command'
  /** Whether it changes nothing, so that a check of what is in place may run it too. */
  readonly readsOnly: boolean
  /** One try. */
  run(values: FieldValues): Promise<ProbeEvidence>
}

/**
 * What a probe saw. `unauthenticated` proves that a credential is dead (401, or a redirect to a login); `forbidden` does so only when another
 * credential gets through the same probe, since a valid one that is not authorised is answered alike; `inconclusive` proves nothing.
 */
export type Verdict = 'passed' | 'unauthenticated' | 'forbidden' | 'inconclusive'

/** The evidence of one try of a probe. */
export interface ProbeEvidence {
  readonly label: string
  readonly verdict: Verdict
  /** What happened, without secrets, cut at a stated length. */
  readonly detail: string
  /** What to do about it, when it did not pass. */
  readonly hint?: string
  /** Whether another try can't come out otherwise. */
  readonly final?: boolean
}

/** A value on its way into a slot of a destination. */
export interface SlotWrite {
  /** The secret's name at the destination. */
  readonly secret: string
  readonly slot: Slot
  /** The name of the same field in the other slot, whose settings a new entry takes over. */
  readonly sibling?: string
  readonly value: Secret
  /** The object that the value belongs to. */
  readonly holds: string
  readonly expiresAt?: number
}

/** What became of a write. */
export interface WriteOutcome {
  readonly write: SlotWrite
  readonly effect: Effect
  /** When the server answered, by its own clock, in milliseconds; absent where it does not say. */
  readonly answeredAt?: number
  /** How long the call took, in milliseconds. */
  readonly tookMs: number
  readonly error?: RotationError
}

/** What a destination shows of a secret; values can't be read back anywhere. */
export interface DestinationEntry {
  readonly secret: string
  /** The object whose value it holds, where the destination can tell. */
  readonly holds?: string
  /** The home whose run wrote it last, where that is not this one: what it holds is none of this rotation's. */
  readonly otherHome?: string
  readonly updatedAt?: number
}

/** Whether a write is there. */
export type Confirmation =
  | { readonly state: 'confirmed' }
  /** It is certain that the secret does not hold what was written. */
  | { readonly state: 'absent'; readonly reason: string }
  /** Somebody wrote the same secret after this run did. */
  | { readonly state: 'overwritten'; readonly reason: string }
  /** The destination has the write but does not serve it yet. */
  | { readonly state: 'pending'; readonly reason: string }
  | { readonly state: 'unknown'; readonly error: RotationError }

/** A place that slots are written to. */
export interface Destination {
  /** How logs and records name it. */
  readonly label: string
  /** The configuration's `type`. */
  readonly type: string
  /** Whether a later run gets its environment from here. */
  readonly feedsNextRun: boolean
  /** Reads which of the named secrets exist, and checks that the destination can be written as far as reading can tell. */
  observe(secrets: readonly string[]): Promise<ReadonlyMap<string, DestinationEntry>>
  /** Writes all at the same moment; never throws, since each write's outcome matters by itself. */
  write(writes: readonly SlotWrite[]): Promise<readonly WriteOutcome[]>
  /**
   * Names the workflow runs that were queued before an instant (milliseconds) and have not ended, so that they may hold what was written before;
   * undefined where the destination has none.
   */
  runsInFlight?(before: number): Promise<readonly string[]>
  /** Looks for what stands between the entries and who reads them, or is about to; reads only, after `observe`. Throws nothing. */
  inspect?(secrets: readonly string[]): Promise<readonly Finding[]>
  /** Reads back whether the writes are there, in the order given. */
  confirm(outcomes: readonly WriteOutcome[]): Promise<readonly Confirmation[]>
}

/** What GitHub knows of workflow runs; undefined where it can't be told. */
export interface WorkflowRuns {
  /** When this run was queued, which is the earliest that its secrets can have been read; milliseconds. */
  queuedAt(): Promise<number | undefined>
  /**
   * How far the run with that id has got: `unknown` where GitHub tells of this run and has none of that id, `unanswered` where it did not say this
   * time, undefined where the token may not see runs.
   */
  find(runId: string): Promise<'running' | 'ended' | 'unknown' | 'unanswered' | undefined>
}

/** Where progress and warnings go. Texts may come from anywhere: the reporter takes secrets out. */
export interface Reporter {
  info(message: string): void
  warning(message: string): void
}

/** Notes for `post`, should this process end here. */
export interface RunState {
  /** Called before the lock is written. */
  beforeLock(rotation: string): void
  /** Called before the first write of any other kind. */
  beforeWrite(rotation: string): void
}
