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
import { findHeldUnread, findHidden, findReasonToKeep, mayBeInSecondary, whyUnread } from './keep.ts'
import { findStaleness, mayBeOutdated } from './stale.ts'

/** What a run does with one credential. */
export interface CredentialPlan {
  readonly observed: ObservedCredential
  /** Slot that consumers use while PRIMARY is being replaced. */
  readonly serving: ServingSlot
  /** Object that the new one is modelled on. */
  readonly predecessor: CredentialObject | undefined
  readonly revoke: readonly Revocation[]
  readonly keep: readonly Kept[]
}

/** Working value that consumers are left with whatever happens; `none` when both slots are dead. */
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
  /** Not due; what is revoked all the same was left by runs that could not finish. */
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

/** What a run will do. */
export type Plan = { readonly decision: 'stale'; readonly reason: string } | Actionable

/** Everything that a plan is made from. */
export interface PlanInput {
  readonly rotation: Rotation
  readonly observation: Observation
  readonly run: RunIdentity
  readonly force: boolean
  /** Whether the run is `command: contain`: then nothing older stays. */
  readonly contain: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The lock's time to live: as long may a run that died silently still have been at work. */
  readonly leaseMs: number
  /** When this run was queued; asked for only when {@link mayBeStale}. */
  readonly queuedAt: number | undefined
  /** Runs that made objects which no slot holds, and are known to have ended. */
  readonly endedRuns: ReadonlySet<string>
  /** Runs in the names of such objects that are not known to exist, with the reason as the end of a sentence. */
  readonly unprovenRuns: ReadonlyMap<string, string>
  /** Why an object must stay although no slot of this credential holds it, or undefined. */
  readonly heldElsewhere: (observed: ObservedCredential, id: string) => string | undefined
}

/** Tells whether some object may be newer than the values that this run was given, so that more must be read before planning. */
export function mayBeStale(input: Pick<PlanInput, 'rotation' | 'observation' | 'run'>): boolean {
  return input.observation.credentials.some((observed) => mayBeOutdated(observed, input))
}

/** The runs, other than this one, whose objects no slot holds. */
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

/** Makes the plan: a pure function of what was observed, of the configuration and of the time. */
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
  const staying = rotating ? stayingIds(input, observed, serving) : heldIds(observed)
  const unread = findHeldUnread(input, observed)
  const revoke: Revocation[] = []
  const keep: Kept[] = []
  for (const object of fallingOut(input, observed, staying)) {
    const slot = unread.get(object.id)
    if (slot !== undefined) {
      keep.push({ object, possiblyHeld: true, reason: whyUnread(observed, slot) })
      continue
    }
    const reason = findReasonToKeep(input, observed, { object, rotating })
    if (reason !== undefined) keep.push({ object, ...reason })
    else revoke.push({ object, reason: kindOf(observed, object) })
  }
  keep.push(...findHidden(input, observed, { staying, rotating }))
  return { observed, serving, predecessor: findPredecessor(input, observed, serving), revoke, keep }
}

/** SECONDARY serves consumers only when it works and PRIMARY does not. */
function findServingSlot({ primary, secondary }: ObservedCredential): ServingSlot {
  for (const [slot, observed] of [['primary', primary] as const, ['secondary', secondary] as const]) {
    if (observed?.reading.state !== 'working' || observed.values === undefined) continue
    const { id, expiresAt } = observed.reading
    return { slot, id, values: observed.values, ...(expiresAt === undefined ? {} : { expiresAt }) }
  }
  return { slot: 'none' }
}

/** The new one is modelled on what serves consumers; when nothing works, on the newest that there was. */
function findPredecessor(
  input: PlanInput,
  observed: ObservedCredential,
  serving: ServingSlot
): CredentialObject | undefined {
  if (serving.slot !== 'none') return observed.objects.find(({ id }) => id === serving.id)
  return (
    findHeldObject(observed, 'primary') ??
    findHeldObject(observed, 'secondary') ??
    [...managedObjects(observed, input.rotation)].sort((a, b) => (b.issuedAt ?? 0) - (a.issuedAt ?? 0))[0]
  )
}

/** What no slot will hold any longer, and what no slot holds. */
function fallingOut(
  input: PlanInput,
  observed: ObservedCredential,
  staying: ReadonlySet<string>
): readonly CredentialObject[] {
  const held = heldIds(observed)
  const managed = new Set(managedObjects(observed, input.rotation))
  return observed.objects.filter(
    (object) =>
      !staying.has(object.id) &&
      (held.has(object.id) || managed.has(object)) &&
      !mayBeInSecondary(input, observed, object)
  )
}

/** What the slots will hold besides the new one: with a single slot nothing, unless the new one is the same object. */
function stayingIds(
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
  return object.status === 'expired' ? 'expired' : 'orphan'
}
