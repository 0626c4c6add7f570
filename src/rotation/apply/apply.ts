import { allOrFirstError } from '../../kernel/settle.ts'
import { admitCredentials, createCredentials, createdOf, verifyCredentials } from './create.ts'
import { asRotationError } from '../../kernel/error.ts'
import { findReasonToWait } from './runs-in-flight.ts'
import { contain } from './contain.ts'
import { PostPromotionError, promotionUnconfirmed } from './post-promotion-error.ts'
import { PHASE_MS } from './lease.ts'
import type { LoggedWrite } from './run-log.ts'
import { adoptAll, renamePossiblyHeld } from './adopt.ts'
import { SuccessorFailed, disableThenDelete, type RetireRequest } from './retire.ts'
import {
  retain,
  mayBeInPrimary,
  recheckUse,
  replacedInPlace,
  revocationsOf,
  revokeAll,
  wasInPrimary,
  type PlannedRevocation
} from './revoke.ts'
import type { Slot } from '../model/ports.ts'
import { hasTwoSlots, isExposure, throwIfCancelled } from '../model/rotation.ts'
import { undo } from './undo.ts'
import type { Work } from './work.ts'
import {
  confirmWrites,
  findConfirmationError,
  findUnconfirmed,
  findWriteError,
  writeSlots,
  type SlotFill
} from './write.ts'

/** Rotates: stage, create, admit, verify, promote, confirm, revoke; what fails is undone as far as it is safe. */
export async function rotate(work: Work): Promise<void> {
  const { context, log, lease, plans } = work
  try {
    const staged = await stageAndCreate(work)
    stopIfCancelled(work)
    await log.step('admit', () => admitCredentials(log, plans))
    stopIfCancelled(work)
    const planned = revocationsOf(plans)
    const [, , unused] = await log.step('verify', () =>
      allOrFirstError([
        verifyCredentials(context, log, plans),
        confirmStaged(staged),
        recheckUse(context, log, { planned, observedAt: work.observedAt })
      ])
    )
    stopIfCancelled(work)
    await lease.ensure(PHASE_MS)
    const promoted = await log.step('promote', () => promote(work))
    if (isExposure(context)) await contain(work, promoted)
    else await finish(work, { staged, promoted, unused })
  } catch (thrown) {
    if (thrown instanceof PostPromotionError) throw thrown.failure
    await log.step('undo', () => undo(context, log, plans))
    throw thrown
  }
}

/** A new secret of the same object can't be taken back, and stopping before it is written would lose it: then what passes is written first. */
function stopIfCancelled({ context, plans }: Work): void {
  if (plans.every(({ observed: { credential } }) => !credential.inPlace)) throwIfCancelled(context)
}

async function stageAndCreate({ context, log, lease, plans }: Work): Promise<readonly LoggedWrite[]> {
  await lease.ensure(PHASE_MS)
  // Before anything falls out of a slot: from then on only its name tells whose it is.
  await adoptAll(context, log, plans)
  // What is exposed is not made the fallback: SECONDARY gets the new one too.
  const exposed = isExposure(context)
  const fills = plans.flatMap(({ observed: { credential }, serving: serving }): SlotFill[] =>
    exposed || serving.slot === 'none' || !hasTwoSlots(credential)
      ? []
      : [
          {
            credential,
            slot: 'secondary',
            values: serving.values,
            holds: serving.id,
            expiresAt: serving.expiresAt
          }
        ]
  )
  const [staged] = await allOrFirstError([
    log.step('stage', async () => {
      const writes = await writeSlots({ rotation: context.rotation, log, purpose: 'stage', fills })
      const error = findWriteError(writes)
      if (error !== undefined) throw error
      if (writes.length > 0) context.reporter.info('SECONDARY holds the working value at every destination')
      return writes
    }),
    log.step('create', () => createCredentials(context, log, plans))
  ])
  return staged
}

async function confirmStaged(staged: readonly LoggedWrite[]): Promise<void> {
  await confirmWrites(staged)
  const error = findConfirmationError(staged)
  if (error !== undefined) throw error
}

async function promote({ context, log, plans }: Work): Promise<readonly LoggedWrite[]> {
  const fillsOf = (slot: Slot): readonly SlotFill[] =>
    plans.flatMap(({ observed: { credential }, serving: serving }): SlotFill[] => {
      if (slot === 'secondary' && !hasTwoSlots(credential)) return []
      if (slot === 'secondary' && serving.slot !== 'none' && !isExposure(context)) return []
      const { object, values } = createdOf(log, credential)
      return [{ credential, slot, values, holds: object.id, expiresAt: object.expiresAt }]
    })
  const writes: LoggedWrite[] = []
  // One after the other: a reader between the writes of a pair finds the other slot whole.
  for (const slot of ['primary', 'secondary'] as const) {
    const written = await writeSlots({
      rotation: context.rotation,
      log,
      purpose: 'promote',
      fills: fillsOf(slot)
    })
    const error = findWriteError(written)
    if (error !== undefined) throw error
    writes.push(...written)
  }
  for (const { credential, values } of fillsOf('primary')) {
    for (const { field, primary } of credential.fields) {
      const value = values[field]
      if (value !== undefined) context.values.adopt(primary, value)
    }
  }
  context.reporter.info('PRIMARY holds the new value at every destination')
  return writes
}

/**
 * Confirms the promotion, revokes what fell out of the slots, and finds out that the lease is still this run's: all at the same moment, except
 * that what PRIMARY held is revoked only after its successor is confirmed.
 */
async function finish(
  work: Work,
  {
    staged,
    promoted,
    unused
  }: {
    staged: readonly LoggedWrite[]
    promoted: readonly LoggedWrite[]
    unused: readonly PlannedRevocation[]
  }
): Promise<void> {
  const { context, log, lease, plans } = work
  const stagedDoubt = findUnconfirmed(staged)
  const replaced = unused.filter((one) => wasInPrimary(one) && !hasTwoSlots(one.plan.observed.credential))
  const late = [...replaced, ...replacedInPlace(plans, { exposed: false })]
  const leftovers = unused.filter((one) => !replaced.includes(one) && isLeftover(one))
  const fallen = unused.filter((one) => !replaced.includes(one) && !leftovers.includes(one))
  const waiting = fallen.filter((one) => wasInPrimary(one) || mayBeInPrimary(one, work.destinations))
  const early = fallen.filter((one) => !waiting.includes(one))
  const [confirmed, , prepared, wait] = await Promise.allSettled([
    log.step('confirm', () => confirmWrites(promoted)),
    stagedDoubt === undefined ? revokeAllIn(work, early) : retainAll(work, early, stagedDoubt),
    late.length + leftovers.length + waiting.length === 0 ? lease.prepareRelease() : undefined,
    late.length === 0 ? undefined : findReasonToWait(context)
  ])
  const lost = findConfirmationError(promoted)
  if (lost !== undefined) {
    if (lost.code === 'lease-lost') throw promotionUnconfirmed(log, lost)
    throw lost
  }
  const doubt = findUnconfirmed(promoted)
  if (doubt !== undefined) await retainAll(work, [...late, ...leftovers, ...waiting], doubt)
  else await revokeAllIn(work, waiting)
  if (confirmed.status === 'rejected') throw promotionUnconfirmed(log, asRotationError(confirmed.reason))
  const unknown = promoted.find(({ confirmation }) => confirmation?.state === 'unknown')
  if (unknown?.confirmation?.state === 'unknown') throw promotionUnconfirmed(log, unknown.confirmation.error)
  if (prepared.status === 'fulfilled') work.prepared = prepared.value
  if (doubt !== undefined) return
  await renamePossiblyHeld(context, log, plans)
  const reason = wait.status === 'fulfilled' ? wait.value : asRotationError(wait.reason).message
  if (reason !== undefined) await disableThenDeleteStep(work, { planned: late, wait: reason })
  await disableThenDeleteStep(work, {
    planned: reason === undefined ? [...late, ...leftovers] : leftovers,
    wait: undefined
  })
}

/** Whether an object was left by an earlier run of a rotation with a single slot, so that it is switched off before it is deleted. */
function isLeftover({ plan, revocation }: PlannedRevocation): boolean {
  return revocation.object.managed?.retired === true && !hasTwoSlots(plan.observed.credential)
}

async function disableThenDeleteStep(
  work: Work,
  request: Pick<RetireRequest, 'planned' | 'wait'>
): Promise<void> {
  if (request.planned.length === 0) return
  const { context, log, lease } = work
  await lease.ensure(PHASE_MS)
  const meanwhile = async (): Promise<void> => {
    work.prepared = await lease.prepareRelease().catch(() => undefined)
  }
  try {
    await log.step('revoke', () => disableThenDelete(context, log, { ...request, exposed: false, meanwhile }))
  } catch (thrown) {
    if (thrown instanceof SuccessorFailed) throw thrown
    log.unresolved.push(
      'The new credentials are in place; the old ones were switched on again and are not revoked'
    )
    throw new PostPromotionError(asRotationError(thrown))
  }
}

async function revokeAllIn({ context, log }: Work, planned: readonly PlannedRevocation[]): Promise<void> {
  if (planned.length > 0) await log.step('revoke', () => revokeAll(context, log, planned))
}

function retainAll(
  { context, log }: Work,
  planned: readonly PlannedRevocation[],
  reason: string
): Promise<void> {
  for (const one of planned) retain(context, log, one, reason)
  return Promise.resolve()
}

/** A run that is not due still revokes what an earlier one had to leave. */
export async function revokeLeftovers(work: Work): Promise<void> {
  const { context, log, observedAt } = work
  const unused = await recheckUse(context, log, { planned: revocationsOf(work.plans), observedAt })
  await revokeAllIn(
    work,
    unused.filter((one) => !isLeftover(one))
  )
  try {
    await disableThenDeleteStep(work, { planned: unused.filter(isLeftover), wait: undefined })
  } catch (thrown) {
    throw thrown instanceof PostPromotionError ? thrown.failure : thrown
  }
}
