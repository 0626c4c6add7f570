import { admitCredentials, createCredentials, createdOf, verifyCredentials } from './create.ts'
import { RotationError, asRotationError } from './error.ts'
import { allOrFirstError } from './all.ts'
import { Ledger, type LedgerWrite } from './ledger.ts'
import { observe, type Observation } from './observe.ts'
import { findStrangeRuns, isInDoubt, makePlan, type CredentialPlan, type Plan } from './plan.ts'
import type { Lease, LockBeginning } from './ports.ts'
import { keep, recheckUse, revokeAll, revocationsOf, wasInPrimary, type PlannedRevocation } from './revoke.ts'
import { findReasonToWait } from './in-flight.ts'
import { SuccessorBroken, markTakenOver, retire, type RetireRequest } from './retire.ts'
import { hasTwoSlots, type RotationContext } from './rotation.ts'
import type { Outcome } from './outcome.ts'
import { undo } from './undo.ts'
import {
  confirmWrites,
  findConfirmationError,
  findDoubt,
  findWriteError,
  writeSlots,
  type SlotFill
} from './write.ts'

/** How one rotation went: what its record, its summary and its alert are made from. */
export interface RotationRun {
  readonly outcome: Outcome
  readonly plan?: Plan
  readonly observation?: Observation
  readonly ledger: Ledger
  /** Who held the lock, for the outcome `locked`. */
  readonly lockedBy?: string
  readonly error?: RotationError
}

/** A writing phase is begun only with so much of the lease left; one call may take 20 seconds and be tried again. */
const PHASE_MS = 60_000

/**
 * Runs one rotation: acquire, observe, stage, create, verify, promote, confirm, revoke, release. Throws nothing: whatever fails, what was
 * changed is undone as far as it is safe, the lock is given back, and the answer says what state things are in.
 */
export async function runRotation(context: RotationContext): Promise<RotationRun> {
  const ledger = new Ledger(context.clock)
  let known: { plan?: Plan; observation?: Observation } = {}
  try {
    const beginning = await ledger.step('observe', () => beginAndObserve(context))
    if (beginning.state === 'held') return { outcome: 'locked', lockedBy: beginning.by, ledger }
    const { observation } = beginning
    known = { observation }
    const observedAt = context.clock.now()
    let lease: Lease | undefined
    try {
      requireReadable(observation)
      const plan = await decide(context, observation)
      known = { observation, plan }
      if (plan.decision === 'stale') return { outcome: 'stale', ledger, ...known }
      if (plan.decision === 'not-due' && revocationsOf(plan.credentials).length === 0) {
        noteKept(ledger, plan.credentials)
        return { outcome: 'not-due', ledger, ...known }
      }
      if (plan.decision === 'rotate') {
        await allOrFirstError(plan.credentials.map(({ observed, like }) => observed.credential.prepare(like)))
      }
      throwIfCancelled(context)
      context.progress.aboutToLock(context.rotation.name)
      const lock = await ledger.step('acquire', () => beginning.lock.complete())
      if (lock.state === 'held') return { outcome: 'locked', lockedBy: lock.by, ledger, ...known }
      lease = lock.lease
      noteKept(ledger, plan.credentials)
      context.progress.aboutToWrite(context.rotation.name)
      if (plan.decision === 'rotate') {
        await rotate({ context, ledger, lease, observedAt, plans: plan.credentials })
        return { outcome: 'rotated', ledger, ...known }
      }
      await tidy({ context, ledger, lease, observedAt, plans: plan.credentials })
      return { outcome: 'not-due', ledger, ...known }
    } finally {
      if (lease === undefined) await beginning.lock.abandon()
    }
  } catch (thrown) {
    const outcome = ledger.wrote && ledger.left.length === 0 ? 'rolled-back' : 'failed'
    return { outcome, ledger, error: asRotationError(thrown), ...known }
  }
}

type Beginning =
  | { readonly state: 'held'; readonly by: string }
  | {
      readonly state: 'open'
      readonly lock: Extract<LockBeginning, { state: 'open' }>
      readonly observation: Observation
    }

/** A lock that another holds is all that matters: what can't be read meanwhile may be that run's doing. */
async function beginAndObserve(context: RotationContext): Promise<Beginning> {
  const [lock, observation] = await Promise.allSettled([context.rotation.lock.begin(), observe(context)])
  if (lock.status === 'rejected') throw asRotationError(lock.reason)
  if (lock.value.state === 'held') return lock.value
  if (observation.status === 'fulfilled')
    return { state: 'open', lock: lock.value, observation: observation.value }
  await lock.value.abandon()
  throw asRotationError(observation.reason)
}

interface Work {
  readonly context: RotationContext
  readonly ledger: Ledger
  readonly lease: Lease
  /** When the observation ended, in milliseconds. */
  readonly observedAt: number
  readonly plans: readonly CredentialPlan[]
}

async function rotate(work: Work): Promise<void> {
  const { context, ledger, lease, plans } = work
  let release: (() => Promise<void>) | undefined
  try {
    const staged = await stageAndCreate(work)
    throwIfCancelled(context)
    await ledger.step('admit', () => admitCredentials(ledger, plans))
    throwIfCancelled(context)
    const planned = revocationsOf(plans)
    const [, , unused] = await ledger.step('verify', () =>
      allOrFirstError([
        verifyCredentials(context, ledger, plans),
        confirmStaged(staged),
        recheckUse(context, ledger, { planned, observedAt: work.observedAt })
      ])
    )
    throwIfCancelled(context)
    await lease.ensure(PHASE_MS)
    const promoted = await ledger.step('promote', () => promote(work))
    release = await finish(work, { staged, promoted, unused })
  } catch (thrown) {
    if (thrown instanceof RotationFinished) throw thrown.cause
    await ledger.step('undo', () => undo(context, ledger, plans))
    throw thrown
  } finally {
    await giveBack(work, release)
  }
}

/** An error after which nothing may be undone: the new values are in place. */
class RotationFinished extends Error {
  override readonly name = 'RotationFinished'
}

async function stageAndCreate({ context, ledger, lease, plans }: Work): Promise<readonly LedgerWrite[]> {
  await lease.ensure(PHASE_MS)
  const fills = plans.flatMap(({ observed: { credential }, carry }): SlotFill[] =>
    carry.slot === 'none' || !hasTwoSlots(credential)
      ? []
      : [{ credential, slot: 'secondary', values: carry.values, holds: carry.id, expiresAt: carry.expiresAt }]
  )
  const [staged] = await allOrFirstError([
    ledger.step('stage', async () => {
      const writes = await writeSlots({ rotation: context.rotation, ledger, purpose: 'stage', fills })
      const error = findWriteError(writes)
      if (error !== undefined) throw error
      if (writes.length > 0) context.reporter.info('SECONDARY holds the working value at every destination')
      return writes
    }),
    ledger.step('create', () => createCredentials(context, ledger, plans)),
    markTakenOver(context, ledger, revocationsOf(plans))
  ])
  return staged
}

async function confirmStaged(staged: readonly LedgerWrite[]): Promise<void> {
  await confirmWrites(staged)
  const error = findConfirmationError(staged)
  if (error !== undefined) throw error
}

async function promote({ context, ledger, plans }: Work): Promise<readonly LedgerWrite[]> {
  const fills = plans.flatMap(({ observed: { credential }, carry }): SlotFill[] => {
    const created = createdOf(ledger, credential)
    const fill = {
      credential,
      values: created.values,
      holds: created.object.id,
      expiresAt: created.object.expiresAt
    }
    const primary: SlotFill = { ...fill, slot: 'primary' }
    return carry.slot === 'none' && hasTwoSlots(credential)
      ? [primary, { ...fill, slot: 'secondary' }]
      : [primary]
  })
  const writes = await writeSlots({ rotation: context.rotation, ledger, purpose: 'promote', fills })
  const error = findWriteError(writes)
  if (error !== undefined) throw error
  for (const { credential, values } of fills) {
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
    staged: readonly LedgerWrite[]
    promoted: readonly LedgerWrite[]
    unused: readonly PlannedRevocation[]
  }
): Promise<(() => Promise<void>) | undefined> {
  const { context, ledger, lease, plans } = work
  const stagedDoubt = findDoubt(staged)
  const early = unused.filter((one) => !wasInPrimary(one))
  const late = [...unused.filter(wasInPrimary), ...replacedInPlace(plans)]
  const [confirmed, , prepared, waiting] = await Promise.allSettled([
    ledger.step('confirm', () => confirmWrites(promoted)),
    stagedDoubt === undefined ? revokeStep(work, early) : keepAll(work, early, stagedDoubt),
    late.length === 0 ? lease.prepareRelease() : undefined,
    late.length === 0 ? undefined : findReasonToWait(context)
  ])
  const lost = findConfirmationError(promoted)
  if (lost !== undefined) {
    if (lost.code === 'lease-lost') throw finished(ledger, lost)
    throw lost
  }
  const doubt = findDoubt(promoted)
  if (doubt !== undefined) await keepAll(work, late, doubt)
  if (confirmed.status === 'rejected') throw finished(ledger, asRotationError(confirmed.reason))
  const unknown = promoted.find(({ confirmation }) => confirmation?.state === 'unknown')
  if (unknown?.confirmation?.state === 'unknown') throw finished(ledger, unknown.confirmation.error)
  if (doubt !== undefined || late.length === 0)
    return prepared.status === 'fulfilled' ? prepared.value : undefined
  await lease.ensure(PHASE_MS)
  let release: (() => Promise<void>) | undefined
  const request: RetireRequest = {
    planned: late,
    wait: waiting.status === 'fulfilled' ? waiting.value : asRotationError(waiting.reason).message,
    meanwhile: async () => {
      release = await lease.prepareRelease().catch(() => undefined)
    }
  }
  try {
    await ledger.step('revoke', () => retire(context, ledger, request))
  } catch (thrown) {
    if (thrown instanceof SuccessorBroken) throw thrown
    throw new RotationFinished('', { cause: asRotationError(thrown) })
  }
  return release
}

/** What a new secret in the same object leaves behind is the previous secret of that object. */
function replacedInPlace(plans: readonly CredentialPlan[]): readonly PlannedRevocation[] {
  return plans.flatMap((plan) => {
    const { observed, like } = plan
    if (!observed.credential.inPlace || like === undefined || hasTwoSlots(observed.credential)) return []
    return [{ plan, revocation: { object: like, because: 'replaced' as const } }]
  })
}

function finished(ledger: Ledger, cause: RotationError): RotationFinished {
  ledger.left.push(
    'The new credentials were written and stay alive; it is not certain that every PRIMARY slot holds them'
  )
  return new RotationFinished(cause.message, { cause })
}

async function revokeStep({ context, ledger }: Work, planned: readonly PlannedRevocation[]): Promise<void> {
  if (planned.length > 0) await ledger.step('revoke', () => revokeAll(context, ledger, planned))
}

function keepAll(
  { context, ledger }: Work,
  planned: readonly PlannedRevocation[],
  because: string
): Promise<void> {
  for (const one of planned) keep(context, ledger, one, because)
  return Promise.resolve()
}

/** A run that is not due still revokes what an earlier one had to leave. */
async function tidy(work: Work): Promise<void> {
  const { context, ledger, observedAt } = work
  try {
    const unused = await recheckUse(context, ledger, { planned: revocationsOf(work.plans), observedAt })
    await revokeStep(work, unused)
  } finally {
    await giveBack(work, undefined)
  }
}

/** Gives the lease back; it expires by itself, so that a failure to do so is only worth a warning. */
async function giveBack(
  { context, ledger, lease }: Work,
  prepared: (() => Promise<void>) | undefined
): Promise<void> {
  try {
    await ledger.step('release', async () => {
      const release = prepared ?? (await lease.prepareRelease())
      await release()
    })
  } catch (thrown) {
    const warning = `The lock could not be given back; it expires by itself (${asRotationError(thrown).message})`
    ledger.warnings.push(warning)
    context.reporter.warning(warning)
  }
}

/** A slot that could not be read might hold anything: nothing is planned on a guess. */
function requireReadable(observation: Observation): void {
  for (const { primary, secondary } of observation.credentials) {
    for (const slot of [primary, secondary]) {
      if (slot?.reading.state === 'unreadable') throw slot.reading.error
    }
  }
}

async function decide(context: RotationContext, observation: Observation): Promise<Plan> {
  const { rotation, run, runs } = context
  const base = { rotation, observation, run }
  const strange = [...findStrangeRuns(base)]
  const [queuedAt, ended] = await Promise.all([
    isInDoubt(base) ? runs.queuedAt() : undefined,
    Promise.all(strange.map((runId) => runs.hasEnded(runId)))
  ])
  return makePlan({
    ...base,
    force: context.force,
    now: context.clock.now(),
    leaseMs: context.leaseMs,
    queuedAt,
    endedRuns: new Set(strange.filter((_, index) => ended[index] === true)),
    heldElsewhere: (observed, id) => findOtherUse(context, observed, id)
  })
}

function findOtherUse(
  context: RotationContext,
  observed: CredentialPlan['observed'],
  id: string
): string | undefined {
  for (const slot of [observed.primary, observed.secondary]) {
    if (slot?.values === undefined || slot.reading.state !== 'working' || slot.reading.id !== id) continue
    for (const value of Object.values(slot.values)) {
      const name = context.values.otherUse(value, observed.credential)
      if (name !== undefined) return `$${name} holds the same value`
    }
  }
  return undefined
}

function noteKept(ledger: Ledger, plans: readonly CredentialPlan[]): void {
  for (const { observed, keep: kept } of plans) {
    for (const one of kept) ledger.kept.push({ credential: observed.credential, kept: one })
  }
}

function throwIfCancelled({ cancelled }: RotationContext): void {
  if (cancelled.aborted)
    throw new RotationError('cancelled', 'The run was cancelled.', { hint: 'Run again when it suits.' })
}
