import { formatInstant } from '../../kernel/clock.ts'
import {
  findPrimaryObject,
  findSuccessor,
  heldIds,
  isUnread,
  managedObjects,
  reportedIds,
  runTimesOf,
  secretsNotPassed,
  slotOf,
  type ObservedCredential
} from '../model/observed-credential.ts'
import type { CredentialObject, Slot } from '../model/ports.ts'
import type { Rotation } from '../model/rotation.ts'
import { findUseAfterReplacement, type Kept } from './in-use.ts'
import type { PlanInput } from './plan.ts'
import { findPossiblyHeld } from './verdict.ts'

/** Finds the active objects that a slot with an unreadable value may hold, by their id. None with `command: contain`, which revokes them too. */
export function findHeldUnread(input: PlanInput, observed: ObservedCredential): ReadonlyMap<string, Slot> {
  if (input.contain) return new Map()
  return new Map(
    (['secondary', 'primary'] as const).flatMap((slot) =>
      findPossiblyHeld(input, observed, slot).map(({ id }) => [id, slot] as const)
    )
  )
}

/** Describes why an object that a slot may hold is kept. */
export function describeUnread(observed: ObservedCredential, slot: Slot): string {
  const reading = slotOf(observed, slot)?.reading
  const why = reading?.state === 'rejected' ? 'was rejected' : 'could not be read'
  return `${slot.toUpperCase()} may hold it, and its value ${why}: a later run revokes it once it is unused`
}

/**
 * Finds the objects that an unread SECONDARY may hold. Where there are several, earlier runs left all but one, and only the next rotation tells
 * which.
 */
export function findPossibleSecondaries(
  input: PlanInput,
  observed: ObservedCredential,
  { staying, rotating }: { readonly staying: ReadonlySet<string>; readonly rotating: boolean }
): readonly Kept[] {
  const possible = managedObjects(observed, input.rotation).filter(
    (object) => !staying.has(object.id) && mayBeInSecondary(input, observed, object)
  )
  const notPassed = secretsNotPassed(observed, input.observation)
  // A rotation overwrites a SECONDARY that it was not given, and a consumer may have read its value.
  if (rotating && notPassed.length > 0) {
    const reason = `${notPassed.join(', ')} may hold it, and this run was not given its value`
    return possible.map((object) => ({ object, reason }))
  }
  const existing = new Set(observed.objects.map(({ id }) => id))
  const reported = [...reportedIds(input.observation.destinations, observed.credential, 'secondary')].filter(
    (id) => existing.has(id)
  )
  const hidden = possible.filter(({ id }) => !reported.includes(id))
  if (hidden.length + reported.length < 2) return []
  const reason = 'SECONDARY may hold it or another object like it: the next rotation reads SECONDARY'
  return hidden.map((object) => ({ object, reason }))
}

/** Whether SECONDARY may hold an object while its value was not or cannot be read: the object is not newer than PRIMARY and not retired. */
export function mayBeInSecondary(
  { observation, contain }: Pick<PlanInput, 'observation' | 'contain'>,
  observed: ObservedCredential,
  object: CredentialObject
): boolean {
  const hidden = isUnread(observed) || (!contain && secretsNotPassed(observed, observation).length > 0)
  if (!hidden || object.managed?.retired === true) return false
  const primary = findPrimaryObject(observed)
  return (
    primary?.issuedAt === undefined || object.issuedAt === undefined || object.issuedAt <= primary.issuedAt
  )
}

/** A run that did not finish may have left an object at a destination that cannot be read; a rotation writes every slot anew. */
function findHiddenHolder({ observation }: PlanInput, object: CredentialObject): string | undefined {
  const hidden = observation.destinations.find(({ destination }) => destination.writeOnly === true)
  if (hidden === undefined || object.managed?.retired === true || object.status === 'expired')
    return undefined
  return `${hidden.destination.label} may hold it and cannot be read: the next rotation revokes it`
}

/**
 * Finds the reason for which an object that no slot will hold is not revoked yet; undefined where it may be. The first that applies counts:
 *
 * | what keeps it                                | with `contain` | when not due only |
 * | -------------------------------------------- | -------------- | ----------------- |
 * | it waits for the next rotation               |                | yes               |
 * | another variable, rotation or home has it    | yes            |                   |
 * | a destination that cannot be read may hold it |               | yes               |
 * | it has expired: nothing keeps it             |                |                   |
 * | this run left out a destination              |                |                   |
 * | it was used after its successor was promoted |                |                   |
 * | the run that created it may still be working | yes            |                   |
 */
export function findReasonToKeep(
  input: PlanInput,
  observed: ObservedCredential,
  { object, rotating }: { object: CredentialObject; rotating: boolean }
): Omit<Kept, 'object'> | undefined {
  const { after } = input.rotation.revoke
  const elsewhere = input.heldElsewhere(observed, object.id) ?? findOtherHome(input.rotation, object)
  if (input.contain) {
    return elsewhere === undefined
      ? findUnfinishedCreator(input, observed, object)
      : { reason: elsewhere, elsewhere: true }
  }
  if (after === 'next-rotation' && object.managed?.retired === true && !rotating)
    return { reason: 'it is kept until the next rotation' }
  if (elsewhere !== undefined) return { reason: elsewhere, elsewhere: true }
  const hidden = rotating ? undefined : findHiddenHolder(input, object)
  if (hidden !== undefined) return { reason: hidden }
  if (object.status === 'expired') return undefined
  const leftOut = findLeftOutHolder(input.rotation)
  if (leftOut !== undefined) return { reason: leftOut, elsewhere: true }
  const use = findUseAfterReplacement(object, input.rotation.revoke, {
    successorAt: findSuccessor(observed, object)?.issuedAt,
    runsAt: runTimesOf(observed, input.rotation),
    allowanceMs: input.leaseMs,
    ownUseUntil: 0
  })
  if (use !== undefined) return { reason: use }
  return findUnfinishedCreator(input, observed, object)
}

/** A destination that this run leaves out keeps what it holds, and its name: the next run reads it from there. */
function findLeftOutHolder({ leftOut = [] }: Rotation): string | undefined {
  if (leftOut.length === 0) return undefined
  return `this run left out ${leftOut.join(' and ')}, which may hold it or still depend on it: a later run revokes it`
}

/** Objects of another home are never renamed or revoked here, even if a slot holds them. */
function findOtherHome({ home }: Rotation, { managed }: CredentialObject): string | undefined {
  if (managed === undefined || home.own.has(managed.home)) return undefined
  return `it belongs to the home ${managed.home}, which another repository or environment rotates`
}

/** Finds the run that created an object that no slot holds: it may still be running, or it does not exist, and someone else wrote the name. */
function findUnfinishedCreator(
  input: PlanInput,
  observed: ObservedCredential,
  object: CredentialObject
): Omit<Kept, 'object'> | undefined {
  const { managed } = object
  if (managed === undefined || heldIds(observed).has(object.id)) return undefined
  if (managed.runId === input.run.runId || input.endedRuns.has(managed.runId)) return undefined
  const unproven = input.unprovenRuns.get(managed.runId)
  if (unproven !== undefined)
    return { reason: `its name says that run ${managed.runId} created it, and ${unproven}` }
  if (managed.retired === true) return undefined
  const madeAt = object.issuedAt ?? managed.stampedAt
  if (input.now - madeAt > input.leaseMs) return undefined
  const reason = `run ${managed.runId} created it at ${formatInstant(madeAt)} and may still be running`
  return { reason, unfinished: true }
}
