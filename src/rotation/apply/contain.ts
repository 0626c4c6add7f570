import { asRotationError, RotationError } from '../../kernel/error.ts'
import { RotationFinished, writtenWithoutProof } from './post-promotion-error.ts'
import { PHASE_MS } from './lease.ts'
import type { LedgerWrite } from './run-log.ts'
import { SuccessorBroken, isProvable, retire } from './retire.ts'
import { keep, replacedInPlace, revocationsOf, revokeAll, type PlannedRevocation } from './revoke.ts'
import type { Work } from './work.ts'
import { confirmWrites, findConfirmationError, findDoubt } from './write.ts'

/**
 * Ends a run whose reason is exposure: as soon as every slot is known to hold the new one, everything older is switched off, without an overlap
 * and without asking who uses it, proven dead where that can be, and deleted.
 * @throws RotationFinished when anything older stays alive: then nothing is contained, whatever else went well
 */
export async function contain(work: Work, promoted: readonly LedgerWrite[]): Promise<void> {
  const { ledger, lease, plans } = work
  const planned = [...revocationsOf(plans), ...replacedInPlace(plans, { exposed: true })]
  try {
    await ledger.step('confirm', () => confirmWrites(promoted))
  } catch (thrown) {
    throw writtenWithoutProof(ledger, asRotationError(thrown))
  }
  const lost = findConfirmationError(promoted)
  if (lost?.code === 'lease-lost') throw writtenWithoutProof(ledger, lost)
  if (lost !== undefined) throw lost
  const unknown = promoted.find(({ confirmation }) => confirmation?.state === 'unknown')
  if (unknown?.confirmation?.state === 'unknown') {
    keepAll(work, planned, unknown.confirmation.error.message)
    throw writtenWithoutProof(ledger, unknown.confirmation.error)
  }
  // A destination that has the new value and does not serve it yet must not let the exposed one live on.
  const doubt = findDoubt(promoted)
  if (doubt !== undefined) warn(work, `${doubt}; the old one is revoked all the same, since it is exposed`)
  await lease.ensure(PHASE_MS)
  try {
    await ledger.step('revoke', () => revokeEverything(work, planned))
  } catch (thrown) {
    const error = asRotationError(thrown)
    ledger.left.push(
      error instanceof SuccessorBroken
        ? 'The exposed credentials are switched off, not deleted; the new ones are in place and do not get through'
        : 'The new credentials are in place; see what failed about the exposed ones'
    )
    throw new RotationFinished(error)
  }
  const [first] = ledger.kept
  if (first === undefined) return
  ledger.left.push(
    `The new credentials are in place; still alive: ${ledger.kept.map(({ kept }) => kept.object.id).join(', ')}`
  )
  throw new RotationFinished(
    new RotationError(
      'not-contained',
      `${first.credential.name}: ${first.kept.object.id} is still alive: ${first.kept.because}.`,
      {
        hint: 'Delete it by hand in the Cloudflare dashboard, or end what holds it and run again with `reason: exposure`.'
      }
    )
  )
}

/** What a slot held is proven dead, since its values are known; all else is deleted at the same moment. */
async function revokeEverything(work: Work, planned: readonly PlannedRevocation[]): Promise<void> {
  const { context, ledger, lease } = work
  const provable = planned.filter(isProvable)
  const meanwhile = async (): Promise<void> => {
    work.prepared = await lease.prepareRelease().catch(() => undefined)
  }
  const [proven] = await Promise.allSettled([
    retire(context, ledger, { planned: provable, wait: undefined, exposed: true, meanwhile }),
    revokeAll(
      context,
      ledger,
      planned.filter((one) => !provable.includes(one))
    )
  ])
  if (proven.status === 'rejected') throw asRotationError(proven.reason)
}

function keepAll({ context, ledger }: Work, planned: readonly PlannedRevocation[], because: string): void {
  for (const one of planned) keep(context, ledger, one, because)
}

function warn({ context, ledger }: Work, message: string): void {
  ledger.warnings.push(message)
  context.reporter.warning(message)
}
