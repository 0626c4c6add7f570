import { CLOCK_TOLERANCE_MS } from '../../../kernel/clock.ts'
import { asRotationError } from '../../../kernel/error.ts'
import {
  findPrimaryObject,
  findSuccessor,
  heldIds,
  idOf,
  reportedIds,
  runTimesOf,
  type ObservedCredential,
  type ObservedDestination
} from '../../model/observed-credential.ts'
import type { CredentialObject } from '../../model/ports.ts'
import { hasTwoSlots, type RotationContext } from '../../model/rotation.ts'
import { findUseAfterReplacement, type Revocation } from '../../plan/in-use.ts'
import type { CredentialPlan } from '../../plan/plan.ts'
import type { RunLog } from '../run-log.ts'
import { findLateConsumers, findRunsInFlight } from './runs-in-flight.ts'

/** Planned revocation with the plan of its credential. */
export interface PlannedRevocation {
  readonly plan: CredentialPlan
  readonly revocation: Revocation
}

/** Lists every revocation of the plans. */
export function revocationsOf(plans: readonly CredentialPlan[]): readonly PlannedRevocation[] {
  return plans.flatMap((plan) => plan.revoke.map((revocation) => ({ plan, revocation })))
}

/** Lists the previous secrets that new secrets in the same object replace. */
export function replacedInPlace(
  plans: readonly CredentialPlan[],
  { contain }: { readonly contain: boolean }
): readonly PlannedRevocation[] {
  return plans.flatMap((plan) => {
    const { observed, renews } = plan
    if (renews === undefined) return []
    // The slot's previous value is unknown: its secret ends with the grace period.
    if (observed.primary.reading.state !== 'working' && !contain) return []
    return [{ plan, revocation: { object: renews, reason: 'replaced' as const } }]
  })
}

/**
 * Whether PRIMARY alone held the object until this run: then it may be revoked only once its successor is confirmed everywhere. Where the values are
 * unknown, that may be any object that is not retired.
 */
export function wasInPrimary({ plan, revocation }: PlannedRevocation): boolean {
  if (plan.observed.credential.current === 'unknown')
    return revocation.object.managed?.retired !== true && revocation.reason !== 'expired'
  return revocation.object.id === idOf(plan.observed.primary.reading)
}

/**
 * Whether some destination's PRIMARY may hold the object because of a killed run: the destination reports it or cannot tell, or it is newer than this
 * run's PRIMARY.
 */
export function mayBeInPrimary(
  { plan, revocation }: PlannedRevocation,
  destinations: readonly ObservedDestination[]
): boolean {
  const { object } = revocation
  const primary = findPrimaryObject(plan.observed)
  if (primary?.issuedAt === undefined || object.issuedAt === undefined || object.issuedAt > primary.issuedAt)
    return true
  if (destinations.some(hidesIds)) return true
  return reportedIds(destinations, plan.observed.credential, 'primary').has(object.id)
}

/** Whether a destination shows neither which object an entry holds nor, as GitHub does, when it was written. */
function hidesIds({ destination, entries }: ObservedDestination): boolean {
  return destination.writeOnly === true || [...entries.values()].some(({ isValue }) => isValue !== undefined)
}

/**
 * Reads the objects to be revoked once more, and returns those that no one has used since this run began. This run itself used them when it observed;
 * a later use is a consumer's. With `contain` they are revoked even if a consumer uses them.
 * @param observedAt when the observation ended, in milliseconds
 */
export async function recheckUse(
  context: RotationContext,
  log: RunLog,
  { planned, observedAt }: { planned: readonly PlannedRevocation[]; observedAt: number }
): Promise<readonly PlannedRevocation[]> {
  if (context.contain) return planned
  const checked = await Promise.all(
    planned.map(async (one) => {
      const { credential } = one.plan.observed
      if (one.revocation.reason === 'expired') return one
      // What only names tell may be in PRIMARY until this run writes it: its use says nothing yet.
      if (
        credential.current === 'unknown' &&
        findSuccessor(one.plan.observed, one.revocation.object) === undefined
      )
        return one
      const waiting = (await findRunsOf(context, one)) ?? (await findConsumersOf(context, one))
      if (waiting !== undefined) {
        retain(context, log, one, waiting)
        return undefined
      }
      try {
        const object = await credential.reread(one.revocation.object.id)
        const reason = object === undefined ? undefined : findRecentUse(context, one, { object, observedAt })
        if (reason === undefined) return one
        retain(context, log, one, reason)
      } catch (thrown) {
        retain(
          context,
          log,
          one,
          `it could not be found out whether it is still in use (${asRotationError(thrown).message})`
        )
      }
      return undefined
    })
  )
  return checked.filter((one) => one !== undefined)
}

/** Finds the workflow runs that were queued before the successor of a retired object was certainly promoted everywhere. */
async function findRunsOf(
  context: RotationContext,
  { plan, revocation }: PlannedRevocation
): Promise<string | undefined> {
  const successor = findPrimaryObject(plan.observed)
  if (revocation.object.managed?.retired !== true || successor?.issuedAt === undefined) return undefined
  return await findRunsInFlight(context, successor.issuedAt + context.leaseMs)
}

/** Finds consumers that may still read an object. What PRIMARY alone held until now is looked at once it is replaced. */
async function findConsumersOf(
  context: RotationContext,
  planned: PlannedRevocation
): Promise<string | undefined> {
  const { credential } = planned.plan.observed
  if (wasInPrimary(planned) && !hasTwoSlots(credential)) return undefined
  return await findLateConsumers(context, credential, planned.revocation.object)
}

function findRecentUse(
  context: RotationContext,
  { plan }: PlannedRevocation,
  { object, observedAt }: { object: CredentialObject; observedAt: number }
): string | undefined {
  const successor = findSuccessor(plan.observed, object)
  return findUseAfterReplacement(object, context.rotation.revoke, {
    successorAt: successor?.issuedAt,
    runsAt: runTimesOf(plan.observed, context.rotation),
    allowanceMs: context.leaseMs,
    ownUseUntil: heldIds(plan.observed).has(object.id) ? observedAt + CLOCK_TOLERANCE_MS : 0
  })
}

/** Ids of the objects that the slots of a credential hold, and of the new one: a rule that names one of them no longer needs an older one. */
export function successorsOf(log: RunLog, observed: ObservedCredential): ReadonlySet<string> {
  const created = log.created.get(observed.credential)?.object.id
  return new Set([...heldIds(observed), ...(created === undefined ? [] : [created])])
}

/** Records that an object is kept, and why. */
export function retain(
  context: RotationContext,
  log: RunLog,
  { plan, revocation }: PlannedRevocation,
  reason: string
): void {
  const { credential } = plan.observed
  log.retained.push({ credential, kept: { object: revocation.object, reason } })
  context.reporter.warning(
    `${credential.name}: ${revocation.object.id} was not revoked: ${reason}. The next run tries again.`
  )
}

/** Deletes what no slot holds any longer. A failure loses nothing: it is recorded, and the next run tries again. */
export async function deleteAll(
  context: RotationContext,
  log: RunLog,
  planned: readonly PlannedRevocation[]
): Promise<void> {
  await Promise.all(
    planned.map(async (one) => {
      const { credential } = one.plan.observed
      const { object, reason } = one.revocation
      try {
        log.wrote = true
        await credential.remove(object.id, successorsOf(log, one.plan.observed))
        log.revoked.push({ credential, revocation: one.revocation, at: context.clock.now() })
        context.reporter.info(`${credential.name}: revoked ${object.id} (${reason})`)
      } catch (thrown) {
        if (reason !== 'expired')
          retain(context, log, one, `it could not be deleted (${asRotationError(thrown).message})`)
      }
    })
  )
}

/**
 * Whether an earlier run of a rotation with a single slot left an object, so that it is disabled before it is deleted. A rotation in place leaves
 * none, and disables no other object. Where the values are unknown, nothing could be tried after disabling.
 */
export function isLeftover({ plan, revocation }: PlannedRevocation): boolean {
  if (plan.renews !== undefined) return false
  const { credential } = plan.observed
  if (credential.current === 'unknown') return false
  return revocation.object.managed?.retired === true && !hasTwoSlots(credential)
}
