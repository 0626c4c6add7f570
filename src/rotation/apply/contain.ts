import { asRotationError, RotationError } from '../../kernel/error.ts'
import { completePromotion } from './complete.ts'
import { requireLease, whileConfirming } from './lease.ts'
import { PostPromotionError, SuccessorFailed, promotionUnconfirmed } from './post-promotion-error.ts'
import { disableThenDelete, isConfirmable } from './revoke/disable-then-delete.ts'
import { confirmGone } from './revoke/confirm-revoked.ts'
import { deleteAll, replacedInPlace, retain, revocationsOf, type PlannedRevocation } from './revoke/revoke.ts'
import { startGates } from './rollout.ts'
import { findLateConsumers } from './revoke/runs-in-flight.ts'
import type { LoggedWrite } from './run-log.ts'
import type { Work } from './work.ts'
import { confirmWrites, findConfirmationError, findUnconfirmed } from './write.ts'

/**
 * Finishes a run of `command: contain`. Once every slot is known to hold the new value, everything older is disabled, confirmed revoked where that is
 * possible, and deleted: without an overlap, and even if it is in use.
 * @throws PostPromotionError when anything older remains valid: then nothing is contained, whatever else succeeded
 */
export async function contain(work: Work, promoted: readonly LoggedWrite[]): Promise<void> {
  const { log, plans } = work
  const planned = [...revocationsOf(plans), ...replacedInPlace(plans, { contain: true })]
  await confirmEverySlot(work, { promoted, planned })
  await startGates(work)
  for (const { plan, revocation } of planned) {
    const reason = await findLateConsumers(work.context, plan.observed.credential, revocation.object)
    if (reason !== undefined)
      warn(work, `${revocation.object.id} is revoked all the same, since it is exposed: ${reason}`)
  }
  await requireLease(work)
  try {
    await log.step('revoke', () => revokeAll(work, planned))
  } catch (thrown) {
    const error = asRotationError(thrown)
    log.unresolved.push(
      error instanceof SuccessorFailed
        ? 'The exposed credentials are disabled, not deleted; the new ones are in place and are not accepted'
        : 'The new credentials are in place; see what failed about the exposed ones'
    )
    throw new PostPromotionError(error)
  }
  if (log.retained.length > 0) throw notContained(work)
  await completePromotion(work)
}

/** Confirms that every slot holds the new value. @throws RotationError or PostPromotionError, before anything is revoked */
async function confirmEverySlot(
  work: Work,
  {
    promoted,
    planned
  }: { readonly promoted: readonly LoggedWrite[]; readonly planned: readonly PlannedRevocation[] }
): Promise<void> {
  const { log } = work
  try {
    await log.step('confirm', () => whileConfirming(work, () => confirmWrites(promoted)))
  } catch (thrown) {
    throw promotionUnconfirmed(log, asRotationError(thrown))
  }
  const lost = findConfirmationError(promoted)
  if (lost?.code === 'lease-lost') throw promotionUnconfirmed(log, lost)
  if (lost !== undefined) throw lost
  const unknown = promoted.find(({ confirmation }) => confirmation?.state === 'unknown')
  if (unknown?.confirmation?.state === 'unknown') {
    retainAll(work, planned, unknown.confirmation.error.message)
    throw promotionUnconfirmed(log, unknown.confirmation.error)
  }
  // An exposed value must not remain valid because a destination does not serve the new one yet.
  const unconfirmed = findUnconfirmed(promoted)
  if (unconfirmed !== undefined)
    warn(work, `${unconfirmed}; the old one is revoked all the same, since it is exposed`)
}

/** Makes the error for what is still valid. */
function notContained({ log }: Work): PostPromotionError {
  const first = log.retained[0]!
  log.unresolved.push(
    `The new credentials are in place; still valid: ${log.retained.map(({ kept }) => kept.object.id).join(', ')}`
  )
  return new PostPromotionError(
    new RotationError(
      'not-contained',
      `${first.credential.name}: ${first.kept.object.id} is still valid: ${first.kept.reason}.`,
      {
        hint: 'Delete it by hand in the Cloudflare dashboard, or end what holds it and run `command: contain` again.'
      }
    )
  )
}

/** Confirms the revocation of what a slot held, since its values are known; deletes everything else in parallel. */
async function revokeAll(
  { context, log }: Pick<Work, 'context' | 'log'>,
  planned: readonly PlannedRevocation[]
): Promise<void> {
  const confirmable = planned.filter(isConfirmable)
  const [confirmed] = await Promise.allSettled([
    disableThenDelete(context, log, { planned: confirmable, wait: undefined }),
    deleteAndLook(
      { context, log },
      planned.filter((one) => !confirmable.includes(one))
    )
  ])
  if (confirmed.status === 'rejected') throw asRotationError(confirmed.reason)
}

/** Deletes, and looks whether what is known by its id alone is gone. */
async function deleteAndLook(
  { context, log }: Pick<Work, 'context' | 'log'>,
  planned: readonly PlannedRevocation[]
): Promise<void> {
  await deleteAll(context, log, planned)
  const deleted = new Set(log.revoked.map(({ revocation }) => revocation))
  await Promise.all(
    planned
      .filter(
        ({ plan, revocation }) => plan.observed.credential.current === 'unknown' && deleted.has(revocation)
      )
      .map(({ plan, revocation }) => confirmGone(log, plan.observed.credential, revocation.object))
  )
}

function retainAll({ context, log }: Work, planned: readonly PlannedRevocation[], reason: string): void {
  for (const one of planned) retain(context, log, one, reason)
}

function warn({ context, log }: Work, message: string): void {
  log.warnings.push(message)
  context.reporter.warning(message)
}
