import type { Effect, RotationError } from '../../kernel/error.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { Finding } from './finding.ts'
import type { CredentialObject, Slot } from './ports.ts'

/** Value to write into a slot of a destination. */
export interface SlotWrite {
  /** Name of the secret at the destination. */
  readonly secret: string
  readonly slot: Slot
  /** Name of the same field in the other slot; a new entry copies its settings. */
  readonly sibling?: string
  readonly value: Secret
  /** Id of the object that the value belongs to. */
  readonly holds: string
  readonly expiresAt?: number
}

/** Outcome of a write. */
export interface WriteOutcome {
  readonly write: SlotWrite
  readonly effect: Effect
  /** When the server answered, by its own clock, in milliseconds; absent where it does not say. */
  readonly answeredAt?: number
  /** Duration of the call, in milliseconds. */
  readonly tookMs: number
  readonly error?: RotationError
}

/** Secret as a destination shows it; values cannot be read back anywhere. */
export interface DestinationEntry {
  readonly secret: string
  /** Id of the object whose value it holds, where the destination can tell. */
  readonly holds?: string
  /** Tells whether it holds a value, where the destination can tell. */
  readonly isValue?: (value: Secret) => boolean
  /** Home whose run wrote it last, where that is another home: its content does not belong to this rotation. */
  readonly otherHome?: string
  readonly updatedAt?: number
}

/** Result of reading a write back. */
export type Confirmation =
  | { readonly state: 'confirmed' }
  /** The secret certainly does not hold what was written. */
  | { readonly state: 'absent'; readonly reason: string }
  /** Another writer wrote the same secret after this run did. */
  | { readonly state: 'overwritten'; readonly reason: string }
  /** The destination has the write but does not serve it yet. */
  | { readonly state: 'pending'; readonly reason: string }
  | { readonly state: 'unknown'; readonly error: RotationError }

/** Place that slots are written to. */
export interface Destination {
  /** How logs and records name it. */
  readonly label: string
  /** The configuration's `type`. */
  readonly type: string
  /** The names under which it holds the value of a variable; none where it is not written here. */
  namesOf(variable: string): readonly string[]
  /** Whether later runs get their environment from here. */
  readonly feedsNextRun: boolean
  /** Whether nothing can be read here, so that an entry that was not observed may exist all the same. */
  readonly writeOnly?: true
  /** Reads which of the named secrets exist, and checks as far as reading can tell that the destination can be written. */
  observe(secrets: readonly string[]): Promise<ReadonlyMap<string, DestinationEntry>>
  /** Whether everything that one write names changes at the same moment: SECONDARY is then staged together with PRIMARY. */
  readonly writesTogether?: true
  /** Finds what makes a write impossible, as far as the last `observe` showed. */
  findObstacle?(): RotationError | undefined
  /** Writes all in parallel; never throws, since each write has its own outcome. */
  write(writes: readonly SlotWrite[]): Promise<readonly WriteOutcome[]>
  /**
   * Finds the workflow runs that were queued before an instant (milliseconds) and have not ended, so that they may hold the previous values;
   * undefined where the destination has none.
   */
  runsInFlight?(before: number): Promise<readonly string[]>
  /**
   * Finds why consumers may still read the value of an object from one of these secrets, although it was overwritten, as a sentence; undefined where
   * they cannot. Only a destination whose consumers get a value later than it is written needs it.
   */
  findReasonToWait?(object: CredentialObject, secrets: readonly string[]): Promise<string | undefined>
  /** Finds what prevents consumers from reading the entries, now or soon; reads only, after `observe`. Throws nothing. */
  inspect?(secrets: readonly string[]): Promise<readonly Finding[]>
  /** Whether reading the writes back may take longer than a lease lasts: it is renewed meanwhile. */
  readonly confirmsLate?: boolean
  /** Reads the writes back, in the order given. */
  confirm(outcomes: readonly WriteOutcome[]): Promise<readonly Confirmation[]>
}
