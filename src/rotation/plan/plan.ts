import { formatInstant } from '../../kernel/clock.ts'
import { findDueReasons, findNextDue, findPrimaryObject, findSuccessor, type DueReason } from './due.ts'
import { UNMANAGED_RUN } from '../model/managed-name.ts'
import type { Observation, ObservedCredential } from './observe.ts'
import { findUseAfterReplacement, type Kept, type Revocation } from './in-use.ts'
import type { CredentialObject, FieldValues, Slot } from '../model/ports.ts'
import { hasTwoSlots, isOwn, type Rotation, type RunIdentity } from '../model/rotation.ts'
import { findStaleness, mayBeOutdated } from './stale.ts'
import { findUnseen } from './unseen.ts'
import { findPossiblyHeld, idOf } from './verdict.ts'

/** What a run does with one credential. */
export interface CredentialPlan {
  readonly observed: ObservedCredential
  /** Which slot carries consumers while PRIMARY is being replaced. */
  readonly serving: ServingSlot
  /** The object that the new one is modelled on. */
  readonly predecessor: CredentialObject | undefined
  readonly revoke: readonly Revocation[]
  readonly keep: readonly Kept[]
}

/** The working value that consumers are left with whatever happens; `none` when both slots are dead. */
export type ServingSlot =
  | {
      readonly slot: 'primary' | 'secondary'
      readonly id: string
      readonly values: FieldValues
      readonly expiresAt?: number
    }
  | { readonly slot: 'none' }

/** What a run will do. */
export type Plan =
  | { readonly decision: 'stale'; readonly reason: string }
  /** Not due; what may be revoked all the same is left over from runs that could not finish. */
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

/** Everything that a plan is made from. */
export interface PlanInput {
  readonly rotation: Rotation
  readonly observation: Observation
  readonly run: RunIdentity
  readonly force: boolean
  /** Whether what the slots hold is in wrong hands: then nothing that is older stays. */
  readonly exposed: boolean
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

/** The objects of a credential that a run of this rotation made. */
export function managedObjects(
  observed: ObservedCredential,
  rotation: Pick<Rotation, 'name' | 'home'>
): readonly CredentialObject[] {
  return observed.objects.filter((object) => isOwn(rotation, observed.credential.name, object))
}

/** The object that PRIMARY held when the run began, whether it worked or not. */
export function heldInPrimary({ primary }: ObservedCredential): string | undefined {
  return idOf(primary.reading)
}

/** When runs of this rotation were at work, as far as what they made is still there to tell; milliseconds. */
export function runsAt(
  observed: ObservedCredential,
  rotation: Pick<Rotation, 'name' | 'home'>
): readonly number[] {
  return managedObjects(observed, rotation).flatMap(({ issuedAt }) => issuedAt ?? [])
}

/** Tells whether some object may be newer than the values that this run was given, so that more must be read before planning. */
export function mayBeStale(input: Pick<PlanInput, 'rotation' | 'observation' | 'run'>): boolean {
  return input.observation.credentials.some((observed) => mayBeOutdated(observed, input))
}

/** Whether a plan can't be carried out before it is known what SECONDARY holds. */
export function needsSecondary(plan: Plan): boolean {
  if (plan.decision === 'stale') return false
  const unread = plan.credentials.some(({ observed }) => isUnread(observed))
  return unread && (plan.decision === 'rotate' || plan.credentials.some(({ revoke }) => revoke.length > 0))
}

/** The runs, other than this one, whose objects no slot holds. */
export function unknownRunIds(
  input: Pick<PlanInput, 'rotation' | 'observation' | 'run'>
): ReadonlySet<string> {
  const runs = input.observation.credentials.flatMap((observed) => {
    if (isUnread(observed)) return []
    const held = heldIds(observed)
    return managedObjects(observed, input.rotation)
      .filter(({ id }) => !held.has(id))
      .map(({ managed }) => managed!.runId)
  })
  return new Set(runs.filter((runId) => runId !== input.run.runId && runId !== UNMANAGED_RUN.runId))
}

/** Makes the plan: a pure function of what was observed, of the configuration and of the time. */
export function makePlan(input: PlanInput): Plan {
  const { rotation, observation } = input
  const reason = findStaleness(input)
  if (reason !== undefined) return { decision: 'stale', reason }
  const reasons = findDueReasons(input)
  const rotating = reasons.length > 0
  const credentials = observation.credentials.map((observed) => planCredential(input, observed, rotating))
  if (rotating) return { decision: 'rotate', reason: reasons, credentials }
  const nextDue = findNextDue(
    rotation,
    observation.credentials.map((observed) => findPrimaryObject(observed)?.issuedAt)
  )
  return { decision: 'not-due', nextDue, credentials }
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
    const reason = reasonToKeep(input, observed, { object, rotating })
    if (reason !== undefined) keep.push({ object, ...reason })
    else revoke.push({ object, reason: kindOf(observed, object) })
  }
  keep.push(...findHidden(input, observed, { staying, rotating }))
  return { observed, serving: serving, predecessor: findPredecessor(input, observed, serving), revoke, keep }
}

/** The active objects that a slot may hold which could not be read, by their id: an exposure revokes them all the same. */
function findHeldUnread(input: PlanInput, observed: ObservedCredential): ReadonlyMap<string, Slot> {
  if (input.exposed) return new Map()
  return new Map(
    (['secondary', 'primary'] as const).flatMap((slot) =>
      findPossiblyHeld(input, observed, slot).map(({ id }) => [id, slot] as const)
    )
  )
}

function whyUnread(observed: ObservedCredential, slot: Slot): string {
  const reading = (slot === 'primary' ? observed.primary : observed.secondary)?.reading
  const why = reading?.state === 'rejected' ? 'was rejected' : 'could not be read'
  return `${slot.toUpperCase()} may hold it, and its value ${why}: a later run revokes it once it is unused`
}

/** A working SECONDARY carries the run only when PRIMARY does not work. */
function findServingSlot({ primary, secondary }: ObservedCredential): ServingSlot {
  for (const [slot, observed] of [['primary', primary] as const, ['secondary', secondary] as const]) {
    if (observed?.reading.state !== 'working' || observed.values === undefined) continue
    const { id, expiresAt } = observed.reading
    return { slot, id, values: observed.values, ...(expiresAt === undefined ? {} : { expiresAt }) }
  }
  return { slot: 'none' }
}

/** The new one is modelled on what carries; when nothing works, on the newest that there was. */
function findPredecessor(
  input: PlanInput,
  observed: ObservedCredential,
  serving: ServingSlot
): CredentialObject | undefined {
  if (serving.slot !== 'none') return observed.objects.find(({ id }) => id === serving.id)
  const held = heldIds(observed)
  const refused = observed.objects.find(({ id }) => held.has(id))
  if (refused !== undefined) return refused
  const managed = managedObjects(observed, input.rotation)
  return [...managed].sort((a, b) => (b.issuedAt ?? 0) - (a.issuedAt ?? 0))[0]
}

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
      !mayBeUnread(input, observed, object)
  )
}

/**
 * What may be in SECONDARY as long as that was not looked at: with more than one such object, all but one are left over, and only the next rotation
 * tells which.
 */
function findHidden(
  input: PlanInput,
  observed: ObservedCredential,
  { staying, rotating }: { staying: ReadonlySet<string>; rotating: boolean }
): readonly Kept[] {
  const unseen = findUnseen(observed, input.observation)
  // A rotation overwrites a SECONDARY that it was not given, whose value a consumer may have read.
  if (rotating && unseen.length > 0) {
    return managedObjects(observed, input.rotation)
      .filter((object) => !staying.has(object.id) && mayBeUnread(input, observed, object))
      .map((object) => ({
        object,
        reason: `${unseen.join(', ')} may hold it, which this run was not given`
      }))
  }
  const reportedIds = new Set(
    input.observation.destinations.flatMap((entries) => findReportedIds(entries, observed))
  )
  const hidden = managedObjects(observed, input.rotation).filter(
    (object) => !staying.has(object.id) && !reportedIds.has(object.id) && mayBeUnread(input, observed, object)
  )
  if (hidden.length + reportedIds.size < 2) return []
  return hidden.map((object) => ({
    object,
    reason: 'SECONDARY may hold it, or another one like it: the next rotation looks'
  }))
}

/** What a destination itself says that SECONDARY holds. */
function findReportedIds(
  entries: ReadonlyMap<string, { readonly holds?: string }>,
  { credential, objects }: ObservedCredential
): readonly string[] {
  return credential.fields.flatMap(({ secondary }) => {
    const holds = secondary === undefined ? undefined : entries.get(secondary)?.holds
    return holds !== undefined && objects.some(({ id }) => id === holds) ? [holds] : []
  })
}

function isUnread({ secondary }: ObservedCredential): boolean {
  return secondary?.reading.state === 'unread'
}

/** Whether an object may be the one that SECONDARY holds, as long as that was not looked at, or can't be: it is no newer than PRIMARY, nor retired. */
function mayBeUnread(
  { observation, exposed }: Pick<PlanInput, 'observation' | 'exposed'>,
  observed: ObservedCredential,
  object: CredentialObject
): boolean {
  const hidden = isUnread(observed) || (!exposed && findUnseen(observed, observation).length > 0)
  if (!hidden || object.managed?.retired === true) return false
  const primary = findPrimaryObject(observed)
  return (
    primary?.issuedAt === undefined || object.issuedAt === undefined || object.issuedAt <= primary.issuedAt
  )
}

/** What a slot will still hold besides the new one: with a single slot nothing, unless the new one is the same object. */
function stayingIds(
  input: PlanInput,
  observed: ObservedCredential,
  serving: ServingSlot
): ReadonlySet<string> {
  const { credential } = observed
  if (credential.inPlace) return heldIds(observed)
  if (input.exposed) return new Set()
  return new Set(serving.slot !== 'none' && hasTwoSlots(credential) ? [serving.id] : [])
}

/** The objects that the slots hold, whether they work or not, as far as a value tells its object. */
function heldIds({ primary, secondary }: ObservedCredential): ReadonlySet<string> {
  return new Set([primary, secondary].flatMap((slot) => idOf(slot?.reading) ?? []))
}

function kindOf(observed: ObservedCredential, object: CredentialObject): Revocation['reason'] {
  if (heldIds(observed).has(object.id) || object.managed?.retired === true) return 'replaced'
  return object.status === 'expired' ? 'expired' : 'orphan'
}

function reasonToKeep(
  input: PlanInput,
  observed: ObservedCredential,
  { object, rotating }: { object: CredentialObject; rotating: boolean }
): Pick<Kept, 'reason' | 'elsewhere'> | undefined {
  const { after } = input.rotation.revoke
  const elsewhere = input.heldElsewhere(observed, object.id) ?? findOtherHome(input.rotation, object)
  if (input.exposed) {
    return elsewhere === undefined
      ? findMaker(input, observed, object)
      : { reason: elsewhere, elsewhere: true }
  }
  if (after === 'never') return { reason: '`revoke.after` is `never`' }
  if (after === 'next-rotation' && object.managed?.retired === true && !rotating)
    return { reason: 'it is kept until the next rotation' }
  if (elsewhere !== undefined) return { reason: elsewhere, elsewhere: true }
  if (object.status === 'expired') return undefined
  const use = findUseAfterReplacement(object, input.rotation.revoke, {
    successorAt: findSuccessor(observed, object)?.issuedAt,
    runsAt: runsAt(observed, input.rotation),
    allowanceMs: input.leaseMs,
    ownUseUntil: 0
  })
  if (use !== undefined) return { reason: use }
  return findMaker(input, observed, object)
}

/** What another home has made is never renamed nor revoked here, though a slot holds it. */
function findOtherHome({ home }: Rotation, { managed }: CredentialObject): string | undefined {
  if (managed === undefined || home.own.has(managed.home)) return undefined
  return `it belongs to the home ${managed.home}, which another repository or environment rotates`
}

/** The run that made what no slot holds, while it may still be at work, or where there is no such run: then someone else wrote the name. */
function findMaker(
  input: PlanInput,
  observed: ObservedCredential,
  object: CredentialObject
): Pick<Kept, 'reason'> | undefined {
  const { managed } = object
  if (managed === undefined || heldIds(observed).has(object.id)) return undefined
  if (managed.runId === input.run.runId || input.endedRuns.has(managed.runId)) return undefined
  const unproven = input.unprovenRuns.get(managed.runId)
  if (unproven !== undefined)
    return { reason: `its name says that run ${managed.runId} made it, and ${unproven}` }
  if (managed.retired === true) return undefined
  const madeAt = object.issuedAt ?? managed.stampedAt
  if (input.now - madeAt > input.leaseMs) return undefined
  return { reason: `run ${managed.runId} made it at ${formatInstant(madeAt)} and may still be at work` }
}
