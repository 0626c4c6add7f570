import { RotationError } from '../../kernel/error.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
import { requireLease, whileConfirming, withLock, type LeaseScope } from '../apply/lease.ts'
import { requireWritable } from '../apply/prepare.ts'
import type { LoggedWrite, RunLog } from '../apply/run-log.ts'
import { runToOutcome, type Result, type RotationRun } from '../apply/run.ts'
import { restoreSlots } from '../apply/undo.ts'
import { verifyValues } from '../apply/verify.ts'
import {
  confirmWrites,
  findConfirmationError,
  findUnconfirmed,
  findWriteError,
  writeSlots,
  type SlotFill
} from '../apply/write.ts'
import type { ObservedCredential, ObservedSlot } from '../model/observed-credential.ts'
import type { FieldValues, Slot } from '../model/ports.ts'
import { hasTwoSlots, throwIfCancelled, type Rotation, type RotationContext } from '../model/rotation.ts'
import { observe, observeAll, readSecondary } from '../plan/observe.ts'
import type { Actionable } from '../plan/plan.ts'
import { planWithoutLock } from './plan-without-lock.ts'
import { observeAndPlan, type PlanResult } from './observe-and-plan.ts'

/** Values to swap between the two slots of a credential. */
interface Swap {
  readonly observed: ObservedCredential
  readonly fallback: HeldValue
  /** Absent when PRIMARY does not work: then it does not move to SECONDARY. */
  readonly active: HeldValue | undefined
}

interface HeldValue {
  readonly values: FieldValues
  readonly id: string
  readonly expiresAt?: number | undefined
}

/** Finds the reason for which a rotation can never be rolled back, whatever its slots hold; undefined when it may be. */
export function findRollbackObstacle({ name, credentials }: Rotation): string | undefined {
  const single = credentials.find((credential) => !hasTwoSlots(credential))
  if (single === undefined) return undefined
  return `${name}: ${single.name} has a single slot, so there is nothing to roll back to: its previous credential is revoked.`
}

/**
 * Swaps PRIMARY and SECONDARY at every destination, once SECONDARY is known to work. PRIMARY is written first and confirmed, so that the fallback is
 * in some slot at every moment. A PRIMARY that does not work does not become the fallback: both slots then hold the same value.
 */
export function rollbackRotation(context: RotationContext): Promise<RotationRun> {
  return runToOutcome(context, async (scope) => {
    const obstacle = findRollbackObstacle(context.rotation)
    if (obstacle !== undefined) throw noFallbackError(obstacle)
    const first = await planWithoutLock(
      context,
      scope,
      async () => await readSecondary(await observe(context))
    )
    if (first.state === 'held') return { outcome: 'locked', lockedBy: first.by }
    if (first.state === 'stale') throw staleError(first.reason)
    first.observation.credentials.forEach(findSwap)
    requireWritable(context.rotation)
    throwIfCancelled(context)
    return await withLock(context, scope.log, {
      observe: () => observeAndPlan(context, scope, () => observeAll(context, first.observation)),
      whenHeld: (by): Result => ({ outcome: 'locked', lockedBy: by }),
      work: swapSlots
    })
  })
}

/** Finds the values to swap, verifies the fallback, and swaps. */
async function swapSlots(scope: LeaseScope, seen: PlanResult): Promise<Result> {
  const { context, log } = scope
  if (seen.state === 'stale') throw staleError(seen.reason)
  const swaps = seen.observation.credentials.map(findSwap)
  requireWritable(context.rotation)
  await log.step('verify', () =>
    allOrFirstError(
      swaps.map(({ observed: { credential }, fallback }) =>
        verifyValues(context, log, { credential, values: fallback.values })
      )
    )
  )
  throwIfCancelled(context)
  await swap(scope, swaps)
  logRetained(log, seen.plan, swaps)
  const primaries = new Map(swaps.map(({ observed, fallback }) => [observed.credential, fallback.id]))
  return { outcome: 'rotated', reason: [describe(swaps)], primaries }
}

/** Records the valid objects that are in no slot, with the reason for which a rotation would keep them: a rollback revokes nothing. */
function logRetained(log: RunLog, plan: Actionable, swaps: readonly Swap[]): void {
  const held = new Set(swaps.flatMap(({ fallback, active }) => [fallback.id, active?.id]))
  for (const { observed, revoke, keep } of plan.credentials) {
    const { credential } = observed
    const later = revoke
      .filter(({ reason }) => reason !== 'expired')
      .map(({ object }) => ({ object, reason: 'a rollback revokes nothing; the next rotation does' }))
    for (const kept of [...keep, ...later]) {
      if (!held.has(kept.object.id)) log.retained.push({ credential, kept })
    }
  }
}

async function swap(scope: LeaseScope, swaps: readonly Swap[]): Promise<void> {
  const { context, log } = scope
  context.runState.beforeWrite(context.rotation.name)
  try {
    await requireLease(scope)
    const back = swaps.map(({ observed, fallback }) => fillOf(observed, 'primary', fallback))
    await log.step('promote', () => write(scope, 'promote', back))
    throwIfCancelled(context)
    await requireLease(scope)
    const spare = swaps.flatMap(({ observed, active }) =>
      active === undefined ? [] : [fillOf(observed, 'secondary', active)]
    )
    await log.step('stage', () => write(scope, 'stage', spare))
    context.reporter.info('PRIMARY and SECONDARY were swapped at every destination')
  } catch (thrown) {
    await log.step('undo', () => whileConfirming(scope, () => restore(scope, swaps)))
    throw thrown
  }
}

/** Writes one slot everywhere and reads it back. */
async function write(
  scope: LeaseScope,
  purpose: LoggedWrite['purpose'],
  fills: readonly SlotFill[]
): Promise<void> {
  const { context, log } = scope
  const writes = await writeSlots({ rotation: context.rotation, log, purpose, fills })
  const failed = findWriteError(writes)
  if (failed !== undefined) throw failed
  await whileConfirming(scope, () => confirmWrites(writes))
  const lost = findConfirmationError(writes)
  if (lost !== undefined) throw lost
  const unconfirmed = findUnconfirmed(writes)
  if (unconfirmed === undefined) return
  log.warnings.push(unconfirmed)
  context.reporter.warning(unconfirmed)
}

/** Restores the slots, SECONDARY first, so that the fallback is in some slot at every moment. */
async function restore({ context, log }: LeaseScope, swaps: readonly Swap[]): Promise<void> {
  const whole = swaps.filter(({ active }) => active !== undefined)
  if (whole.length < swaps.length) {
    log.unresolved.push(
      'Where PRIMARY was written, it holds the same value as SECONDARY, since its previous value does not work'
    )
  }
  const staged = log.writes.some(({ purpose }) => purpose === 'stage')
  const fallbacks = whole.map(({ observed, fallback }) => fillOf(observed, 'secondary', fallback))
  if (staged && !(await restoreSlots(context, log, fallbacks))) return
  await restoreSlots(
    context,
    log,
    whole.flatMap(({ observed, active }) =>
      active === undefined ? [] : [fillOf(observed, 'primary', active)]
    )
  )
}

function fillOf({ credential }: ObservedCredential, slot: Slot, held: HeldValue): SlotFill {
  return { credential, slot, values: held.values, holds: held.id, expiresAt: held.expiresAt }
}

/** Finds the values to swap. @throws RotationError `no-fallback` when SECONDARY cannot take PRIMARY's place */
function findSwap(observed: ObservedCredential): Swap {
  const { credential, primary, secondary } = observed
  const fallback = readHeld(secondary)
  if (fallback === undefined) {
    const reading = secondary?.reading
    const reason =
      reading?.state === 'refused' || reading?.state === 'rejected'
        ? `SECONDARY does not work (${reading.reason})`
        : 'there is no SECONDARY, or the step was not given its variable'
    throw noFallbackError(
      `${credential.name}: ${reason}, so there is nothing to roll back to. Nothing was changed.`
    )
  }
  const active = readHeld(primary)
  if (active?.id === fallback.id) {
    throw noFallbackError(
      `${credential.name}: PRIMARY and SECONDARY hold the same credential (${active.id}), so there is nothing to roll back to. Nothing was changed.`
    )
  }
  return { observed, fallback, active }
}

function readHeld(slot: ObservedSlot | undefined): HeldValue | undefined {
  if (slot?.reading.state !== 'working' || slot.values === undefined) return undefined
  const { id, expiresAt } = slot.reading
  return { values: slot.values, id, expiresAt }
}

function describe(swaps: readonly Swap[]): string {
  return swaps
    .map(({ observed: { credential }, fallback, active }) =>
      active === undefined
        ? `${credential.name}: PRIMARY was rolled back to ${fallback.id}; SECONDARY keeps it too, since the previous PRIMARY does not work.`
        : `${credential.name}: PRIMARY was rolled back to ${fallback.id}; SECONDARY holds ${active.id}.`
    )
    .join(' ')
}

function noFallbackError(message: string): RotationError {
  return new RotationError('no-fallback', message, {
    hint: 'Rotate instead: `command: rotate` with `force: true` creates a new one.'
  })
}

function staleError(reason: string): RotationError {
  return new RotationError('no-fallback', `Nothing was changed: ${reason}`, {
    hint: 'Start a new run, so that it gets the current values.'
  })
}
