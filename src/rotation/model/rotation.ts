import type { Clock } from '../../kernel/clock.ts'
import { RotationError } from '../../kernel/error.ts'
import type { Home } from './managed-name.ts'
import type {
  CredentialObject,
  CredentialPort,
  Destination,
  FieldValues,
  RunState,
  Reporter,
  Slot,
  WorkflowRuns
} from './ports.ts'
import type { Lock } from './lock.ts'
import type { Secret } from '../../kernel/secret.ts'

/** One rotation as configured, with its ports: credentials that are promoted together, all or nothing. */
export interface Rotation {
  readonly name: string
  readonly home: Home
  /** Milliseconds between rotations; left out, every run rotates. */
  readonly everyMs?: number
  readonly credentials: readonly CredentialPort[]
  readonly destinations: readonly Destination[]
  readonly lock: Lock
  readonly revoke: RevokePolicy
}

/** When and whether an old credential is revoked. */
export interface RevokePolicy {
  /**
   * `verify`: in the run that replaced it, once its successor is confirmed and proven; `next-rotation`: when the next one is made; `never`: it is
   * left alone.
   */
  readonly after: 'verify' | 'next-rotation' | 'never'
  /** `ignore`: an old credential is revoked although it was used after its successor was promoted. */
  readonly inUse: 'keep' | 'ignore'
  /** Whether an old credential outlives the workflow runs that may still hold it. */
  readonly waitForRuns: boolean
}

/** The run that all this happens in. */
export interface RunIdentity {
  readonly runId: string
  readonly attempt: number
}

/** What a rotation is run with. */
export interface RotationContext {
  readonly rotation: Rotation
  readonly run: RunIdentity
  readonly runs: WorkflowRuns
  readonly clock: Clock
  readonly random: () => number
  readonly reporter: Reporter
  readonly runState: RunState
  /** Rotate although not due. */
  readonly force: boolean
  /** `command: contain`: what the slots hold was exposed, so that nothing older stays valid. */
  readonly contain: boolean
  /** Aborted when the run is asked to stop: no new phase is begun, what is begun is ended or undone. */
  readonly cancelled: AbortSignal
  /** How long, in milliseconds, something whose run is not known to have ended may still be at work: the lock's time to live. */
  readonly leaseMs: number
  readonly values: SlotValues
  /** Forgets what was read once for the whole run, so that it is read again. */
  readonly forget: () => void
}

/** The values that the step's environment gives to the slots. */
export interface SlotValues {
  /** The values of a credential's slot, or undefined where one of its fields is not set. */
  of(credential: CredentialPort, slot: Slot): FieldValues | undefined
  /** Whether what the step was given for a slot is a placeholder, so that the slot is known to hold no credential. */
  isPlaceholder(credential: CredentialPort, slot: Slot): boolean
  /** The name of another use of the same value: another rotation's slot, or an `auth` variable that is no slot of this credential. */
  otherUse(value: Secret, credential: CredentialPort): string | undefined
  /** From now on a name stands for a new value too, for `auth`. */
  adopt(name: string, value: Secret): void
}

/** Whether a run of this rotation made an object for that credential or adopted it, as its name says; what belongs to another home is not. */
export function isOwn(
  { name, home }: Pick<Rotation, 'name' | 'home'>,
  credential: string,
  { managed }: Pick<CredentialObject, 'managed'>
): boolean {
  return managed?.rotation === name && managed.credential === credential && home.own.has(managed.home)
}

/** Whether every field of a credential has a second slot. */
export function hasTwoSlots(credential: CredentialPort): boolean {
  return credential.fields.every((field) => field.secondary !== undefined)
}

/** The secret name of a field in a slot; undefined where the field has a single slot. */
export function secretName(
  field: { readonly primary: string; readonly secondary?: string },
  slot: Slot
): string | undefined {
  return slot === 'primary' ? field.primary : field.secondary
}

/** Ends a run that was asked to stop, where it can still be ended without harm. @throws RotationError `cancelled` */
export function throwIfCancelled({ cancelled }: RotationContext): void {
  if (cancelled.aborted) {
    throw new RotationError('cancelled', 'The run was cancelled.', { hint: 'Run again when it suits.' })
  }
}
