import { allOrFirstError } from './all.ts'
import { begin } from './begin.ts'
import { asRotationError, type RotationError } from './error.ts'
import { withLease, type Held } from './lease.ts'
import { Ledger } from './ledger.ts'
import { readSecondary, type Observation } from './observe.ts'
import type { Outcome } from './outcome.ts'
import {
  findStrangeRuns,
  isInDoubt,
  makePlan,
  needsSecondary,
  type CredentialPlan,
  type Plan
} from './plan.ts'
import { revocationsOf } from './revoke.ts'
import { rotate, tidy, type Work } from './rotate.ts'
import { throwIfCancelled, type RotationContext } from './rotation.ts'

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

/**
 * Runs one rotation: acquire, observe, stage, create, verify, promote, confirm, revoke, release. Throws nothing: whatever fails, what was
 * changed is undone as far as it is safe, the lock is given back, and the answer says what state things are in.
 */
export async function runRotation(context: RotationContext): Promise<RotationRun> {
  const ledger = new Ledger(context.clock)
  const known: { current: Partial<Known> } = { current: {} }
  try {
    const end = await runSteps(context, ledger, known)
    return { ...end, ledger, ...known.current }
  } catch (thrown) {
    const outcome = ledger.wrote && ledger.left.length === 0 ? 'rolled-back' : 'failed'
    return { outcome, ledger, error: asRotationError(thrown), ...known.current }
  }
}

async function runSteps(
  context: RotationContext,
  ledger: Ledger,
  known: { current: Partial<Known> }
): Promise<Pick<RotationRun, 'outcome' | 'lockedBy'>> {
  const beginning = await ledger.step('observe', () => begin(context))
  if (beginning.state === 'held') return { outcome: 'locked', lockedBy: beginning.by }
  if (beginning.state === 'stale') {
    known.current = { plan: { decision: 'stale', because: beginning.because } }
    return { outcome: 'stale' }
  }
  known.current = { observation: beginning.observation }
  let observedAt = context.clock.now()
  const look = async (seen: Observation): Promise<Observation> => {
    const whole = await readSecondary(seen)
    observedAt = context.clock.now()
    return whole
  }
  let lock: Awaited<ReturnType<typeof beginning.lock.complete>> | undefined
  try {
    let { observation, plan } = await planFor(context, beginning.observation)
    known.current = { observation, plan }
    if (plan.decision === 'not-due' && needsSecondary(plan)) {
      ;({ observation, plan } = await planFor(context, await look(observation)))
      known.current = { observation, plan }
    }
    if (plan.decision === 'stale') return { outcome: 'stale' }
    if (plan.decision === 'not-due' && revocationsOf(plan.credentials).length === 0) {
      noteKept(ledger, plan.credentials)
      return { outcome: 'not-due' }
    }
    if (plan.decision === 'rotate') {
      await allOrFirstError(plan.credentials.map(({ observed, like }) => observed.credential.prepare(like)))
    }
    throwIfCancelled(context)
    context.progress.aboutToLock(context.rotation.name)
    const looking = needsSecondary(plan) ? look(observation) : Promise.resolve(observation)
    const [taken, looked] = await Promise.allSettled([
      ledger.step('acquire', () => beginning.lock.complete()),
      looking
    ])
    if (taken.status === 'rejected') throw asRotationError(taken.reason)
    lock = taken.value
    if (lock.state === 'held') return { outcome: 'locked', lockedBy: lock.by }
    const held: Held = { context, ledger, lease: lock.lease }
    return await withLease(held, async () => {
      if (looked.status === 'rejected') throw asRotationError(looked.reason)
      if (looked.value !== observation) ({ observation, plan } = await planFor(context, looked.value))
      known.current = { observation, plan }
      const { destinations } = observation
      return { outcome: await carryOut(plan, held, { destinations, observedAt }) }
    })
  } finally {
    if (lock === undefined) await beginning.lock.abandon()
  }
}

/** What is known of a rotation by the time at which it ends. */
interface Known {
  readonly observation: Observation
  readonly plan: Plan
}

async function planFor(context: RotationContext, observation: Observation): Promise<Known> {
  requireReadable(observation)
  return { observation, plan: await decide(context, observation) }
}

/** Does what the plan says. */
async function carryOut(
  plan: Plan,
  held: Held,
  seen: Pick<Work, 'destinations' | 'observedAt'>
): Promise<Outcome> {
  if (plan.decision === 'stale') return 'stale'
  const { context, ledger } = held
  noteKept(ledger, plan.credentials)
  context.progress.aboutToWrite(context.rotation.name)
  const work: Work = Object.assign(held, seen, { plans: plan.credentials })
  if (plan.decision === 'not-due') {
    await tidy(work)
    return 'not-due'
  }
  await rotate(work)
  return 'rotated'
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
