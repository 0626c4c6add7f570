import { asRotationError, RotationError } from '../../kernel/error.ts'
import { PostPromotionError, promotionUnconfirmed } from './post-promotion-error.ts'
import { PHASE_MS } from './lease.ts'
import type { LoggedWrite } from './run-log.ts'
import { SuccessorFailed, isProvable, disableThenDelete } from './retire.ts'
import { retain, replacedInPlace, revocationsOf, revokeAll, type PlannedRevocation } from './revoke.ts'
import type { Work } from './work.ts'
import { confirmWrites, findConfirmationError, findUnconfirmed } from './write.ts'

/**
 * Ends a run whose reason is exposure: as soon as every slot is known to hold the new one, everything older is switched off, without an overlap
 * and without asking who uses it, proven dead where that can be, and deleted.
 * @throws RotationFinished when anything older stays alive: then nothing is contained, whatever else went well
 */
export async function contain(work: Work, promoted: readonly LoggedWrite[]): Promise<void> {
  const { log, lease, plans } = work
  const planned = [...revocationsOf(plans), ...replacedInPlace(plans, { exposed: true })]
  try {
    await log.step('confirm', () => confirmWrites(promoted))
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
  // A destination that has the new value and does not serve it yet must not let the exposed one live on.
  const doubt = findUnconfirmed(promoted)
  if (doubt !== undefined) warn(work, `${doubt}; the old one is revoked all the same, since it is exposed`)
  await lease.ensure(PHASE_MS)
  try {
    await log.step('revoke', () => deleteAll(work, planned))
  } catch (thrown) {
    const error = asRotationError(thrown)
    log.unresolved.push(
      error instanceof SuccessorFailed
        ? 'The exposed credentials are switched off, not deleted; the new ones are in place and do not get through'
        : 'The new credentials are in place; see what failed about the exposed ones'
    )
    throw new PostPromotionError(error)
  }
  const [first] = log.retained
  if (first === undefined) return
  log.unresolved.push(
    `The new credentials are in place; still alive: ${log.retained.map(({ kept }) => kept.object.id).join(', ')}`
  )
  throw new PostPromotionError(
    new RotationError(
      'not-contained',
      `${first.credential.name}: ${first.kept.object.id} is still alive: ${first.kept.reason}.`,
      {
        hint: 'Delete it by hand in the Cloudflare dashboard, or end what holds it and run again with `reason: exposure`.'
      }
    )
  )
}

/** What a slot held is proven dead, since its values are known; all else is deleted at the same moment. */
async function deleteAll(work: Work, planned: readonly PlannedRevocation[]): Promise<void> {
  const { context, log, lease } = work
  const provable = planned.filter(isProvable)
  const meanwhile = async (): Promise<void> => {
    work.prepared = await lease.prepareRelease().catch(() => undefined)
  }
  const [proven] = await Promise.allSettled([
    disableThenDelete(context, log, { planned: provable, wait: undefined, exposed: true, meanwhile }),
    revokeAll(
      context,
      log,
      planned.filter((one) => !provable.includes(one))
    )
  ])
  if (proven.status === 'rejected') throw asRotationError(proven.reason)
}

function retainAll({ context, log }: Work, planned: readonly PlannedRevocation[], reason: string): void {
  for (const one of planned) retain(context, log, one, reason)
}

function warn({ context, log }: Work, message: string): void {
  log.warnings.push(message)
  context.reporter.warning(message)
}
