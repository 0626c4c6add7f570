import { allOrFirstError } from '../../kernel/settle.ts'
import { begin, observeAgain } from './begin.ts'
import { planFor } from '../plan/planner.ts'
import { RotationError } from '../../kernel/error.ts'
import { PHASE_MS, withLease, type Held } from '../apply/lease.ts'
import type { RunLog, LoggedWrite } from '../apply/run-log.ts'
import { readSecondary, type Observation, type ObservedCredential } from '../plan/observe.ts'
import type { Plan } from '../plan/plan.ts'
import type { FieldValues, Slot } from '../model/ports.ts'
import { proveAlive } from '../apply/verify.ts'
import { hasTwoSlots, throwIfCancelled, type Rotation, type RotationContext } from '../model/rotation.ts'
import { runToOutcome, type RotationRun, type RunScope } from '../apply/run.ts'
import { restoreSlots } from '../apply/undo.ts'
import {
  confirmWrites,
  findConfirmationError,
  findUnconfirmed,
  findWriteError,
  writeSlots,
  type SlotFill
} from '../apply/write.ts'

/** What the two slots of a credential held when the run began. */
interface Swap {
  readonly observed: ObservedCredential
  readonly fallback: HeldValue
  /** Absent when PRIMARY does not work: then it takes nobody's place. */
  readonly active: HeldValue | undefined
}

/** A plan that is not `stale`. */
type Actionable = Exclude<Plan, { readonly decision: 'stale' }>

interface HeldValue {
  readonly values: FieldValues
  readonly id: string
  readonly expiresAt?: number | undefined
}

/** Says why a rotation has nothing to go back to, whatever its slots hold; undefined when it may have. */
export function findNoWayBack({ name, credentials }: Rotation): string | undefined {
  const single = credentials.find((credential) => !hasTwoSlots(credential))
  if (single !== undefined) {
    return `${name}: ${single.name} has a single slot, so that there is nothing to go back to: what it held before is revoked.`
  }
  const inPlace = credentials.find((credential) => credential.inPlace)
  if (inPlace === undefined) return undefined
  return `${name}: ${inPlace.name} is renewed in place: what SECONDARY holds ends with its grace, so that nothing can go back to it.`
}

/**
 * Lets PRIMARY and SECONDARY change places at every destination, once SECONDARY is proven to work. PRIMARY is written first and confirmed, so that
 * what is gone back to is in some slot at every moment. A PRIMARY that does not work is not made the fallback: both slots then hold the same.
 */
export function rollbackRotation(context: RotationContext): Promise<RotationRun> {
  return runToOutcome(context, async ({ log, update }) => {
    const { rotation } = context
    const noWay = findNoWayBack(rotation)
    if (noWay !== undefined) throw nothing(noWay)
    const beginning = await log.step('observe', () => begin(context))
    if (beginning.state === 'held') return { outcome: 'locked', lockedBy: beginning.by }
    if (beginning.state === 'stale') throw outdated(beginning.reason)
    let lock: Awaited<ReturnType<typeof beginning.lock.complete>> | undefined
    try {
      let { swaps, plan } = await prove(context, { log, update }, beginning.observation)
      throwIfCancelled(context)
      context.progress.beforeLock(rotation.name)
      lock = await log.step('acquire', () => beginning.lock.complete())
      if (lock.state === 'held') return { outcome: 'locked', lockedBy: lock.by }
      const held: Held = { context, log, lease: lock.lease }
      const { undisturbed } = lock
      await withLease(held, async () => {
        if (!undisturbed) {
          const again = await log.step('observe', () => observeAgain(context))
          if ('stale' in again) throw outdated(again.stale)
          ;({ swaps, plan } = await prove(context, { log, update }, again.observation))
        }
        await swap(held, swaps)
      })
      logRetained(log, plan, swaps)
      const primaries = new Map(swaps.map(({ observed, fallback }) => [observed.credential, fallback.id]))
      return { outcome: 'rotated', reason: [describe(swaps)], primaries }
    } finally {
      if (lock === undefined) await beginning.lock.abandon()
    }
  })
}

/** Finds what is to change places, and proves that what is gone back to works. */
async function prove(
  context: RotationContext,
  { log, update }: RunScope,
  seen: Observation
): Promise<{ readonly swaps: readonly Swap[]; readonly plan: Actionable }> {
  const observation = await readSecondary(context, seen)
  update({ observation })
  const { plan } = await planFor(context, observation)
  if (plan.decision === 'stale') throw outdated(plan.reason)
  const swaps = observation.credentials.map(findSwap)
  await log.step('verify', () =>
    allOrFirstError(
      swaps.map(({ observed: { credential }, fallback }) =>
        proveAlive(context, log, { credential, values: fallback.values })
      )
    )
  )
  return { swaps, plan }
}

/** Going back revokes nothing: what is alive in no slot is named, with the reason for which a rotation would keep it. */
function logRetained(log: RunLog, plan: Actionable, swaps: readonly Swap[]): void {
  const held = new Set(swaps.flatMap(({ fallback, active }) => [fallback.id, active?.id]))
  for (const { observed, revoke, keep } of plan.credentials) {
    const { credential } = observed
    const later = revoke
      .filter(({ reason }) => reason !== 'expired')
      .map(({ object }) => ({ object, reason: 'going back revokes nothing; the next rotation does' }))
    for (const kept of [...keep, ...later]) {
      if (!held.has(kept.object.id)) log.retained.push({ credential, kept })
    }
  }
}

async function swap(held: Held, swaps: readonly Swap[]): Promise<void> {
  const { context, log, lease } = held
  context.progress.beforeWrite(context.rotation.name)
  try {
    await lease.ensure(PHASE_MS)
    const back = swaps.map(({ observed, fallback }) => fillOf(observed, 'primary', fallback))
    await log.step('promote', () => write(held, 'promote', back))
    throwIfCancelled(context)
    await lease.ensure(PHASE_MS)
    const spare = swaps.flatMap(({ observed, active }) =>
      active === undefined ? [] : [fillOf(observed, 'secondary', active)]
    )
    await log.step('stage', () => write(held, 'stage', spare))
    context.reporter.info('PRIMARY and SECONDARY have changed places at every destination')
  } catch (thrown) {
    await log.step('undo', () => restore(held, swaps))
    throw thrown
  }
}

/** Writes one slot everywhere and reads back that it is there. */
async function write(held: Held, purpose: LoggedWrite['purpose'], fills: readonly SlotFill[]): Promise<void> {
  const { context, log } = held
  const writes = await writeSlots({ rotation: context.rotation, log, purpose, fills })
  const failed = findWriteError(writes)
  if (failed !== undefined) throw failed
  await confirmWrites(writes)
  const lost = findConfirmationError(writes)
  if (lost !== undefined) throw lost
  const doubt = findUnconfirmed(writes)
  if (doubt === undefined) return
  log.warnings.push(doubt)
  context.reporter.warning(doubt)
}

/** SECONDARY gets back first what is gone back to, so that it is in some slot at every moment. */
async function restore({ context, log }: Held, swaps: readonly Swap[]): Promise<void> {
  const whole = swaps.filter(({ active }) => active !== undefined)
  if (whole.length < swaps.length) {
    log.unresolved.push(
      'PRIMARY holds what SECONDARY holds where it was written, since what it held before does not work'
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

/** @throws RotationError `no-fallback` when SECONDARY can't take PRIMARY's place */
function findSwap(observed: Observation['credentials'][number]): Swap {
  const { credential, primary, secondary } = observed
  const fallback = readHeld(secondary)
  if (fallback === undefined) {
    const reading = secondary?.reading
    const reason =
      reading?.state === 'refused' || reading?.state === 'rejected'
        ? `SECONDARY does not work (${reading.reason})`
        : 'there is no SECONDARY, or its variable is not given to the step'
    throw nothing(
      `${credential.name}: ${reason}, so that there is nothing to go back to. Nothing was changed.`
    )
  }
  const active = readHeld(primary)
  if (active?.id === fallback.id) {
    throw nothing(
      `${credential.name}: PRIMARY and SECONDARY hold the same one (${active.id}), so that there is nothing to go back to. Nothing was changed.`
    )
  }
  return { observed, fallback, active }
}

function readHeld(slot: ObservedCredential['primary'] | undefined): HeldValue | undefined {
  if (slot?.reading.state !== 'working' || slot.values === undefined) return undefined
  const { id, expiresAt } = slot.reading
  return { values: slot.values, id, expiresAt }
}

function describe(swaps: readonly Swap[]): string {
  return swaps
    .map(({ observed: { credential }, fallback, active }) =>
      active === undefined
        ? `${credential.name}: PRIMARY went back to ${fallback.id}; SECONDARY keeps it, since what PRIMARY held does not work.`
        : `${credential.name}: PRIMARY went back to ${fallback.id}; SECONDARY holds ${active.id}.`
    )
    .join(' ')
}

function nothing(message: string): RotationError {
  return new RotationError('no-fallback', message, {
    hint: 'Rotate instead: `command: rotate` with `force: true` makes a new one.'
  })
}

function outdated(reason: string): RotationError {
  return new RotationError('no-fallback', `Nothing was changed: ${reason}`, {
    hint: 'Start a new run, so that it is given the values of today.'
  })
}
