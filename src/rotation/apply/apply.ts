import { allOrFirstError } from '../../kernel/settle.ts'
import { findSecretOf } from '../model/field-values.ts'
import type { Slot } from '../model/ports.ts'
import { hasTwoSlots, throwIfCancelled } from '../model/rotation.ts'
import { adoptAll } from './adopt.ts'
import { contain } from './contain.ts'
import { admitCredentials, createCredentials, createdOf, verifyCredentials } from './create.ts'
import { confirmKeeping, finish } from './finish.ts'
import { PHASE_MS, requireLease, whileConfirming } from './lease.ts'
import { PostPromotionError } from './post-promotion-error.ts'
import { recheckUse, revocationsOf } from './revoke/revoke.ts'
import type { LoggedWrite } from './run-log.ts'
import { undo } from './undo.ts'
import type { Work } from './work.ts'
import { findConfirmationError, findWriteError, writeSlots, type SlotFill } from './write.ts'

/** Applies a plan: stage, create, admit, verify, promote, confirm, revoke. A failure is undone as far as that is safe. */
export async function applyPlan(work: Work): Promise<void> {
  const { context, log, lease, plans } = work
  try {
    const staged = await stageAndCreate(work)
    stopIfCancelled(work)
    await log.step('admit', () => admitCredentials(log, plans))
    stopIfCancelled(work)
    const [, , unused] = await log.step('verify', () =>
      allOrFirstError([
        verifyCredentials(context, log, plans),
        confirmStaged(work, staged),
        recheckUse(context, log, { planned: revocationsOf(plans), observedAt: work.observedAt }),
        lease.renew(PHASE_MS)
      ])
    )
    stopIfCancelled(work)
    await requireLease(work)
    const promoted = await log.step('promote', () => promote(work))
    if (context.contain) await contain(work, promoted)
    else await finish(work, { staged, promoted, unused })
  } catch (thrown) {
    if (thrown instanceof PostPromotionError) throw thrown.failure
    await log.step('undo', () => whileConfirming(work, () => undo(context, log, plans)))
    throw thrown
  }
}

/** A new secret in the same object cannot be reverted, and stopping before it is written would lose it: then a cancelled run continues. */
function stopIfCancelled({ context, plans }: Work): void {
  if (plans.every(({ renews }) => renews === undefined)) throwIfCancelled(context)
}

async function stageAndCreate(work: Work): Promise<readonly LoggedWrite[]> {
  const { context, log, plans } = work
  await requireLease(work)
  // Before anything leaves a slot: from then on only the name identifies it.
  await adoptAll(context, log, plans)
  const [staged] = await allOrFirstError([
    log.step('stage', () => stage(work)),
    log.step('create', () => createCredentials(context, log, plans))
  ])
  return staged
}

async function stage(work: Work): Promise<readonly LoggedWrite[]> {
  const { context, log } = work
  const writes = await writeSlots({
    rotation: context.rotation,
    log,
    purpose: 'stage',
    fills: stagedFills(work),
    only: ({ writesTogether }) => writesTogether !== true
  })
  const error = findWriteError(writes)
  if (error !== undefined) throw error
  if (writes.length > 0) context.reporter.info('SECONDARY holds the working value at every destination')
  return writes
}

/** What SECONDARY is to hold. With `contain` it gets the new value too, since an exposed value must not become the fallback. */
function stagedFills({ context, plans }: Work): readonly SlotFill[] {
  return plans.flatMap(({ observed: { credential }, serving }): readonly SlotFill[] => {
    if (context.contain || serving.slot === 'none' || !hasTwoSlots(credential)) return []
    const { values, id: holds, expiresAt } = serving
    return [{ credential, slot: 'secondary', purpose: 'stage', values, holds, expiresAt }]
  })
}

async function confirmStaged(work: Work, staged: readonly LoggedWrite[]): Promise<void> {
  await confirmKeeping(work, staged)
  const error = findConfirmationError(staged)
  if (error !== undefined) throw error
}

async function promote(work: Work): Promise<readonly LoggedWrite[]> {
  const { context, log, plans } = work
  const fillsOf = (slot: Slot): readonly SlotFill[] =>
    plans.flatMap(({ observed: { credential }, serving }): SlotFill[] => {
      if (slot === 'secondary' && !hasTwoSlots(credential)) return []
      if (slot === 'secondary' && serving.slot !== 'none' && !context.contain) return []
      const { object, values } = createdOf(log, credential)
      return [{ credential, slot, values, holds: object.id, expiresAt: object.expiresAt }]
    })
  const writes: LoggedWrite[] = []
  // One after the other: a consumer that reads between the writes of a pair finds the other slot complete.
  for (const slot of ['primary', 'secondary'] as const) {
    const written = await writeSlots({
      rotation: context.rotation,
      log,
      purpose: 'promote',
      fills: fillsOf(slot),
      ...(slot === 'primary' ? { together: stagedFills(work) } : {})
    })
    const error = findWriteError(written)
    if (error !== undefined) throw error
    writes.push(...written)
  }
  for (const { credential, values } of fillsOf('primary')) {
    for (const field of credential.fields) {
      const value = findSecretOf(field, values)
      if (value !== undefined) context.values.adopt(field.primary, value)
    }
  }
  context.reporter.info('PRIMARY holds the new value at every destination')
  return writes
}
