import type { Clock } from '../../kernel/clock.ts'
import { RotationError } from '../../kernel/error.ts'
import type { Gate } from './gate.ts'
import type { Home } from './managed-name.ts'
import type { Destination } from './destination.ts'
import type {
  CredentialObject,
  CredentialPort,
  FieldValues,
  RunState,
  Reporter,
  Slot,
  WorkflowRuns
} from './ports.ts'
import type { Lock } from './lock.ts'
import type { Secret } from '../../kernel/secret.ts'

/** Configured rotation with its ports: credentials that are promoted together, all or nothing. */
export interface Rotation {
  readonly name: string
  readonly home: Home
  /** Milliseconds between rotations; when absent, every run rotates. */
  readonly everyMs?: number
  readonly credentials: readonly CredentialPort[]
  readonly destinations: readonly Destination[]
  readonly lock: Lock
  readonly revoke: RevokePolicy
  /** Gates that must pass, in this order, before anything that a slot held is revoked. */
  readonly rollout: readonly Gate[]
  /** Destinations and gates that this run leaves out although they are configured, by their labels: what they may hold is not revoked. */
  readonly leftOut?: readonly string[]
}

/** Policy for revoking old credentials. */
export interface RevokePolicy {
  /** `verify`: in the run that replaced it, once its successor is verified and confirmed; `next-rotation`: when the next one is created. */
  readonly after: 'verify' | 'next-rotation'
  /** `ignore`: an old credential is revoked even if it was used after its successor was promoted. */
  readonly inUse: 'keep' | 'ignore'
  /** Whether an old credential is kept until the workflow runs that may hold it have ended. */
  readonly waitForRuns: boolean
}

/** Identity of the current workflow run. */
export interface RunIdentity {
  readonly runId: string
  readonly attempt: number
}

/** Input and dependencies of running one rotation. */
export interface RotationContext {
  readonly rotation: Rotation
  readonly run: RunIdentity
  readonly runs: WorkflowRuns
  readonly clock: Clock
  readonly random: () => number
  readonly reporter: Reporter
  readonly runState: RunState
  /** Rotate even if not due. */
  readonly force: boolean
  /** `command: contain`: the values in the slots were exposed, so nothing older may remain valid. */
  readonly contain: boolean
  /** Aborted when the run is cancelled: no new phase begins, and the current one is finished or undone. */
  readonly cancelled: AbortSignal
  /** The lock's time to live, in milliseconds: a run that is not known to have ended may still be running for this long. */
  readonly leaseMs: number
  readonly values: SlotValues
  /** Drops what this rotation has read, so that it is read again. */
  readonly forget: () => void
  /**
   * Waits until the rate limits allow one more rotation to write, and does the work; undefined, and nothing was done, where the job ends too soon.
   */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T | undefined>
}

/** Values of the slots, from the step's environment. */
export interface SlotValues {
  /** Values of a credential's slot, or undefined where one of its fields is not set. */
  of(credential: CredentialPort, slot: Slot): FieldValues | undefined
  /** Whether the step was given a placeholder for a slot, so that the slot holds no credential. */
  isPlaceholder(credential: CredentialPort, slot: Slot): boolean
  /** Finds another use of the same value: another rotation's slot, or an `auth` variable that is not a slot of this credential. */
  otherUse(value: Secret, credential: CredentialPort): string | undefined
  /** Adds a new value under a name, for `auth`. */
  adopt(name: string, value: Secret): void
}

/** Whether a run of this rotation created or adopted an object for that credential, according to its name. Objects of other homes are not its own. */
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

/** Finds the secret name of a field in a slot; undefined where the field has a single slot. */
export function secretName(
  field: { readonly primary: string; readonly secondary?: string },
  slot: Slot
): string | undefined {
  return slot === 'primary' ? field.primary : field.secondary
}

/** Every secret of a rotation at one of its destinations, by the names there. */
export function secretsAt(
  { credentials }: Pick<Rotation, 'credentials'>,
  destination: Destination
): readonly string[] {
  return credentials.flatMap(({ fields }) =>
    fields.flatMap(({ primary, secondary }) =>
      [primary, secondary].flatMap((variable) =>
        variable === undefined ? [] : destination.namesOf(variable)
      )
    )
  )
}

/** Ends a cancelled run, where that does no harm. @throws RotationError `cancelled` */
export function throwIfCancelled({ cancelled }: RotationContext): void {
  if (cancelled.aborted) {
    throw new RotationError('cancelled', 'The run was cancelled.', { hint: 'Run again when you are ready.' })
  }
}
