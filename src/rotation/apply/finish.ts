import { asRotationError, type RotationError } from '../../kernel/error.ts'
import { findHeldObject } from '../model/observed-credential.ts'
import { hasTwoSlots } from '../model/rotation.ts'
import { renamePossiblyHeld } from './adopt.ts'
import { completePromotion } from './complete.ts'
import { requireLease, whileConfirming } from './lease.ts'
import { passGates } from './rollout.ts'
import { PostPromotionError, SuccessorFailed, promotionUnconfirmed } from './post-promotion-error.ts'
import { disableThenDelete, type DisableRequest } from './revoke/disable-then-delete.ts'
import { findUnadmitted } from './revoke/find-unadmitted.ts'
import {
  deleteAll,
  isLeftover,
  mayBeInPrimary,
  recheckUse,
  replacedInPlace,
  retain,
  revocationsOf,
  wasInPrimary,
  type PlannedRevocation
} from './revoke/revoke.ts'
import type { LoggedWrite } from './run-log.ts'
import { findLateConsumers, findReasonToWait } from './revoke/runs-in-flight.ts'
import type { Work } from './work.ts'
import { confirmWrites, findConfirmationError, findUnconfirmed } from './write.ts'

/** Promotion that is to be confirmed and finished. */
export interface Promotion {
  readonly staged: readonly LoggedWrite[]
  readonly promoted: readonly LoggedWrite[]
  /** Revocations of objects that are not in use. */
  readonly unused: readonly PlannedRevocation[]
}

/** Revocations by the earliest time at which they may begin. */
interface Schedule {
  /** In SECONDARY until now: once SECONDARY is confirmed. */
  readonly early: readonly PlannedRevocation[]
  /** Possibly in some PRIMARY: once PRIMARY is confirmed. */
  readonly waiting: readonly PlannedRevocation[]
  /** In a single PRIMARY until now: disabled first, and confirmed revoked before they are deleted. */
  readonly replaced: readonly PlannedRevocation[]
  /** Left by an earlier run of a rotation with a single slot: also disabled first. */
  readonly leftovers: readonly PlannedRevocation[]
}

/**
 * Confirms the promotion, passes the rollout gates and revokes what left the slots. What PRIMARY held is revoked only after its successor is confirmed.
 * @throws PostPromotionError where the new values are in place and something after that failed
 */
export async function finish(work: Work, promotion: Promotion): Promise<void> {
  const promotedAt = work.context.clock.now()
  const { rollout } = work.context.rotation
  if (rollout.length === 0) {
    await confirmAndRevoke(work, promotion, { promotedAt, toConfirm: promotion.promoted })
    return
  }
  const unused = await roll(work, promotion)
  // The gates may have brought what was only pending.
  const toConfirm = promotion.promoted.filter(({ confirmation }) => confirmation?.state === 'pending')
  await confirmAndRevoke(work, { ...promotion, unused }, { promotedAt, toConfirm })
}

/** Confirms the promotion and passes the rollout gates. @returns the revocations of what is still not in use */
async function roll(work: Work, { promoted, unused }: Promotion): Promise<readonly PlannedRevocation[]> {
  const { context, log, observedAt } = work
  try {
    await log.step('confirm', () => confirmKeeping(work, promoted))
  } catch (thrown) {
    throw promotionUnconfirmed(log, asRotationError(thrown))
  }
  throwIfLost(work, promoted)
  const unknown = findUnknown(promoted)
  if (unknown !== undefined) {
    retainAll(work, unused, unknown.message)
    throw promotionUnconfirmed(log, unknown)
  }
  try {
    await log.step('rollout', () => passGates(work))
  } catch (thrown) {
    const error = asRotationError(thrown)
    retainAll(
      work,
      unused.filter((one) => !wasInPrimary(one) || one.plan.observed.credential.current === 'unknown'),
      'the rollout gates did not pass'
    )
    throw error.code === 'lease-lost' ? promotionUnconfirmed(log, error) : error
  }
  return await recheckUse(context, log, { planned: unused, observedAt })
}

/** Confirms what is left to confirm, and revokes what left the slots, in parallel. */
async function confirmAndRevoke(
  work: Work,
  { staged, promoted, unused }: Promotion,
  { promotedAt, toConfirm }: { readonly promotedAt: number; readonly toConfirm: readonly LoggedWrite[] }
): Promise<void> {
  const { context, log, plans } = work
  const { early, waiting, replaced, leftovers } = schedule(work, unused)
  const stagedUnconfirmed = findUnconfirmed(staged)
  const [confirmed, , wait, unadmitted] = await Promise.allSettled([
    toConfirm.length === 0 ? undefined : log.step('confirm', () => confirmKeeping(work, toConfirm)),
    stagedUnconfirmed === undefined ? revokeStep(work, early) : retainAll(work, early, stagedUnconfirmed),
    replaced.length === 0 ? undefined : findReasonToWait(context, replaced, promotedAt),
    findUnadmitted(log, replaced)
  ])
  throwIfLost(work, promoted)
  const unconfirmed = findUnconfirmed(promoted)
  if (unconfirmed !== undefined) retainAll(work, [...replaced, ...leftovers, ...waiting], unconfirmed)
  else await revokeStep(work, waiting)
  if (confirmed.status === 'rejected') throw promotionUnconfirmed(log, asRotationError(confirmed.reason))
  const unknown = findUnknown(promoted)
  if (unknown !== undefined) throw promotionUnconfirmed(log, unknown)
  if (unadmitted.status === 'rejected') throw asRotationError(unadmitted.reason)
  if (unconfirmed !== undefined) {
    await completePromotion(work)
    return
  }
  await renamePossiblyHeld(context, log, plans)
  await warnOfLateConsumers(work)
  const reason =
    (wait.status === 'fulfilled' ? wait.value : asRotationError(wait.reason).message) ?? unadmitted.value
  if (reason !== undefined) await disableStep(work, { planned: replaced, wait: reason })
  const planned = reason === undefined ? [...replaced, ...leftovers] : leftovers
  await disableStep(work, { planned, wait: undefined })
  await completePromotion(work)
}

/** Reads the writes back. Where consumers must see them first, that may take minutes. */
export async function confirmKeeping(work: Work, writes: readonly LoggedWrite[]): Promise<void> {
  await whileConfirming(work, () => confirmWrites(writes))
}

/** @throws the error of a write that is certainly not there, or that another writer has overwritten */
function throwIfLost({ log }: Work, promoted: readonly LoggedWrite[]): void {
  const lost = findConfirmationError(promoted)
  if (lost !== undefined) throw lost.code === 'lease-lost' ? promotionUnconfirmed(log, lost) : lost
}

/** Finds the error for which it is not known whether a write is there. */
function findUnknown(promoted: readonly LoggedWrite[]): RotationError | undefined {
  return promoted.flatMap(({ confirmation }) =>
    confirmation?.state === 'unknown' ? [confirmation.error] : []
  )[0]
}

/** Warns of consumers that get the new value later. With a single slot the old one is kept for that reason. */
async function warnOfLateConsumers({ context, log, plans }: Work): Promise<void> {
  for (const { observed } of plans) {
    const { credential } = observed
    const old = findHeldObject(observed, 'primary')
    if (old === undefined || !hasTwoSlots(credential)) continue
    const reason = await findLateConsumers(context, credential, old)
    if (reason === undefined) continue
    const warning = `${credential.name}: the new value is not in use everywhere: as to the old ${old.id}, ${reason}`
    log.warnings.push(warning)
    context.reporter.warning(warning)
  }
}

function schedule({ plans, destinations }: Work, unused: readonly PlannedRevocation[]): Schedule {
  const replaced: PlannedRevocation[] = []
  const leftovers: PlannedRevocation[] = []
  const waiting: PlannedRevocation[] = []
  const early: PlannedRevocation[] = []
  for (const one of unused) {
    if (wasInPrimary(one) && !hasTwoSlots(one.plan.observed.credential)) replaced.push(one)
    else if (isLeftover(one)) leftovers.push(one)
    else if (wasInPrimary(one) || mayBeInPrimary(one, destinations)) waiting.push(one)
    else early.push(one)
  }
  return { early, waiting, leftovers, replaced: [...replaced, ...replacedInPlace(plans, { contain: false })] }
}

/**
 * Revokes what earlier runs left, in a run that is not due. What a slot may have held is revoked only once the rollout gates have passed: the run that
 * replaced it may have been killed before they did.
 */
export async function revokeLeftovers(work: Work): Promise<void> {
  const { context, log, observedAt } = work
  const unused = await recheckUse(context, log, { planned: revocationsOf(work.plans), observedAt })
  const guarded = context.rotation.rollout.length === 0 ? [] : unused.filter((one) => !wasReleased(one))
  await revokeUnused(
    work,
    unused.filter((one) => !guarded.includes(one))
  )
  if (guarded.length === 0) return
  try {
    await log.step('rollout', () => passGates(work))
  } catch (thrown) {
    retainAll(work, guarded, 'the rollout gates did not pass')
    log.unresolved.push(
      'The new values are in place and remain; what they replaced remains valid until the rollout gates pass'
    )
    throw thrown
  }
  await revokeUnused(work, await recheckUse(context, log, { planned: guarded, observedAt }))
}

/**
 * Whether the gates have passed since the object was in a slot, or nothing can use it any longer. With a single slot only a run whose gates passed gives
 * it a name that ends in `~old`.
 */
function wasReleased({ plan, revocation: { object, reason } }: PlannedRevocation): boolean {
  if (reason === 'expired') return true
  return object.managed?.retired === true && !hasTwoSlots(plan.observed.credential)
}

async function revokeUnused(work: Work, unused: readonly PlannedRevocation[]): Promise<void> {
  await revokeStep(
    work,
    unused.filter((one) => !isLeftover(one))
  )
  try {
    await disableStep(work, { planned: unused.filter(isLeftover), wait: undefined })
  } catch (thrown) {
    throw thrown instanceof PostPromotionError ? thrown.failure : thrown
  }
}

async function disableStep(work: Work, request: Pick<DisableRequest, 'planned' | 'wait'>): Promise<void> {
  if (request.planned.length === 0) return
  const { context, log } = work
  await requireLease(work)
  try {
    await log.step('revoke', () => disableThenDelete(context, log, request))
  } catch (thrown) {
    if (thrown instanceof SuccessorFailed) throw thrown
    log.unresolved.push('The new credentials are in place; the old ones were re-enabled and are not revoked')
    throw new PostPromotionError(asRotationError(thrown))
  }
}

async function revokeStep({ context, log }: Work, planned: readonly PlannedRevocation[]): Promise<void> {
  if (planned.length > 0) await log.step('revoke', () => deleteAll(context, log, planned))
}

function retainAll({ context, log }: Work, planned: readonly PlannedRevocation[], reason: string): void {
  for (const one of planned) retain(context, log, one, reason)
}
