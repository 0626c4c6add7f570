import { withoutUndefined } from '../../kernel/optional.ts'
import {
  findHeldObject,
  findPrimaryObject,
  heldIds,
  isUnread,
  managedObjects,
  type Observation,
  type ObservedCredential
} from '../model/observed-credential.ts'
import { UNMANAGED_RUN } from '../model/managed-name.ts'
import type { CredentialObject, FieldValues } from '../model/ports.ts'
import { hasTwoSlots, type Rotation, type RunIdentity } from '../model/rotation.ts'
import { findDueReasons, findNextDue } from './due.ts'
import type { DueReason } from './due-rule.ts'
import type { Kept, Revocation } from './in-use.ts'
import {
  findHeldUnread,
  findPossibleSecondaries,
  findReasonToKeep,
  mayBeInSecondary,
  describeUnread
} from './keep.ts'
import { findModel, isToBeAdopted } from './journal.ts'
import { findStaleness, mayBeOutdated } from './stale.ts'

/** Plan for one credential. */
export interface CredentialPlan {
  readonly observed: ObservedCredential
  /** Slot that serves consumers while PRIMARY is being replaced. */
  readonly serving: ServingSlot
  /** Object whose permissions the new one copies. */
  readonly predecessor: CredentialObject | undefined
  /** Object that gets the new secret in place; undefined where a rotation creates an object of its own. */
  readonly renews: CredentialObject | undefined
  readonly revoke: readonly Revocation[]
  readonly keep: readonly Kept[]
}

/** Working value that serves consumers whatever happens; `none` when neither slot works. */
export type ServingSlot =
  | {
      readonly slot: 'primary' | 'secondary'
      readonly id: string
      readonly values: FieldValues
      readonly expiresAt?: number
    }
  | { readonly slot: 'none' }

/** Plan that a run can carry out. */
export type Actionable =
  /** Not due; it revokes only what runs that could not finish left. */
  | {
      readonly decision: 'not-due'
      readonly nextDue: number | undefined
      readonly credentials: readonly CredentialPlan[]
    }
  | {
      readonly decision: 'rotate'
      readonly reason: readonly DueReason[]
      readonly credentials: readonly CredentialPlan[]
    }

/** Plan of a run. */
export type Plan = { readonly decision: 'stale'; readonly reason: string } | Actionable

/** Input of the plan. */
export interface PlanInput {
  readonly rotation: Rotation
  readonly observation: Observation
  readonly run: RunIdentity
  readonly force: boolean
  /** Whether the command is `contain`: then nothing older stays valid. */
  readonly contain: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The lock's time to live, in milliseconds: a run that was killed may still have been running for this long. */
  readonly leaseMs: number
  /** When this run was queued; read only when {@link mayBeStale}. */
  readonly queuedAt: number | undefined
  /** Ended runs that created objects that no slot holds. */
  readonly endedRuns: ReadonlySet<string>
  /** Runs in the names of such objects that are not known to exist, with the reason as the end of a sentence. */
  readonly unprovenRuns: ReadonlyMap<string, string>
  /** Finds the reason to keep an object beyond this credential: another variable or rotation holds it too. */
  readonly heldElsewhere: (observed: ObservedCredential, id: string) => string | undefined
}

/** Whether some object may be newer than the values that this run was given, so that more must be read before planning. */
export function mayBeStale(input: Pick<PlanInput, 'rotation' | 'observation' | 'run'>): boolean {
  return input.observation.credentials.some((observed) => mayBeOutdated(observed, input))
}

/** Ids of the other runs that created objects that no slot holds. */
export function unknownRunIds(
  input: Pick<PlanInput, 'rotation' | 'observation' | 'run'>
): ReadonlySet<string> {
  const runs = input.observation.credentials.flatMap((observed) => {
    if (isUnread(observed)) return []
    const held = heldIds(observed)
    return managedObjects(observed, input.rotation).flatMap(({ id, managed }) =>
      managed === undefined || held.has(id) ? [] : [managed.runId]
    )
  })
  return new Set(runs.filter((runId) => runId !== input.run.runId && runId !== UNMANAGED_RUN.runId))
}

/** Makes the plan: a pure function of the observation, the configuration and the time. */
export function makePlan(input: PlanInput): Plan {
  const { rotation, observation } = input
  const staleness = findStaleness(input)
  if (staleness !== undefined) return { decision: 'stale', reason: staleness }
  const reason = findDueReasons(input)
  const rotating = reason.length > 0
  const credentials = observation.credentials.map((observed) => planCredential(input, observed, rotating))
  if (rotating) return { decision: 'rotate', reason, credentials }
  const issued = observation.credentials.map((observed) => findPrimaryObject(observed)?.issuedAt)
  return { decision: 'not-due', nextDue: findNextDue(rotation, issued), credentials }
}

function planCredential(input: PlanInput, observed: ObservedCredential, rotating: boolean): CredentialPlan {
  const serving = findServingSlot(observed)
  const staying = rotating ? heldAfterRotation(input, observed, serving) : heldIds(observed)
  const unread = findHeldUnread(input, observed)
  const revoke: Revocation[] = []
  const keep: Kept[] = []
  for (const object of findUnheld(input, observed, staying)) {
    const slot = unread.get(object.id)
    if (slot !== undefined) {
      keep.push({ object, possiblyHeld: true, reason: describeUnread(observed, slot) })
      continue
    }
    const reason = findReasonToKeep(input, observed, { object, rotating })
    if (reason !== undefined) keep.push({ object, ...reason })
    else revoke.push({ object, reason: kindOf(observed, object) })
  }
  keep.push(...findPossibleSecondaries(input, observed, { staying, rotating }))
  const predecessor = findPredecessor(input, observed, serving)
  const { credential } = observed
  const renews = credential.inPlace && credential.refresh === undefined ? predecessor : undefined
  return { observed, serving, predecessor, renews, revoke, keep }
}

/** SECONDARY serves consumers only when it works and PRIMARY does not. */
function findServingSlot({ primary, secondary }: ObservedCredential): ServingSlot {
  for (const [slot, observed] of [['primary', primary] as const, ['secondary', secondary] as const]) {
    if (observed?.reading.state !== 'working' || observed.values === undefined) continue
    const { id, expiresAt } = observed.reading
    return withoutUndefined({ slot, id, values: observed.values, expiresAt })
  }
  return { slot: 'none' }
}

/** The new one copies what serves consumers; when nothing works, the newest object. */
function findPredecessor(
  input: PlanInput,
  observed: ObservedCredential,
  serving: ServingSlot
): CredentialObject | undefined {
  if (serving.slot !== 'none') return observed.objects.find(({ id }) => id === serving.id)
  const { credential, objects } = observed
  if (credential.current === 'unknown') {
    return findHeldObject(observed, 'primary') ?? findModel(input.rotation, credential, objects)
  }
  return (
    findHeldObject(observed, 'primary') ??
    findHeldObject(observed, 'secondary') ??
    [...managedObjects(observed, input.rotation)].sort((a, b) => (b.issuedAt ?? 0) - (a.issuedAt ?? 0))[0]
  )
}

/** Finds the objects that no slot holds, or will hold any longer. */
function findUnheld(
  input: PlanInput,
  observed: ObservedCredential,
  staying: ReadonlySet<string>
): readonly CredentialObject[] {
  const held = heldIds(observed)
  const managed = new Set(managedObjects(observed, input.rotation))
  return observed.objects.filter(
    (object) =>
      !staying.has(object.id) &&
      (held.has(object.id) || managed.has(object) || isToBeAdopted(observed.credential, object)) &&
      !mayBeInSecondary(input, observed, object)
  )
}

/** Ids of the objects that the slots will hold besides the new one: none with a single slot, unless the new one is the same object. */
function heldAfterRotation(
  { contain }: PlanInput,
  observed: ObservedCredential,
  serving: ServingSlot
): ReadonlySet<string> {
  const { credential } = observed
  if (credential.inPlace) return heldIds(observed)
  if (contain) return new Set()
  return new Set(serving.slot !== 'none' && hasTwoSlots(credential) ? [serving.id] : [])
}

function kindOf(observed: ObservedCredential, object: CredentialObject): Revocation['reason'] {
  if (heldIds(observed).has(object.id) || object.managed?.retired === true) return 'replaced'
  if (isToBeAdopted(observed.credential, object)) return 'replaced'
  return object.status === 'expired' ? 'expired' : 'orphan'
}
