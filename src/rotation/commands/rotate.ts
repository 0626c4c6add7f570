import { RotationError } from '../../kernel/error.ts'
import { applyPlan } from '../apply/apply.ts'
import { revokeLeftovers } from '../apply/finish.ts'
import { requireLease, withLock, type LeaseScope } from '../apply/lease.ts'
import { prepareAll, type Prepared } from '../apply/prepare.ts'
import { isRefreshed, refreshCredentials, requireRefreshable } from '../apply/refresh.ts'
import { revocationsOf } from '../apply/revoke/revoke.ts'
import type { RunLog } from '../apply/run-log.ts'
import { runToOutcome, type Result, type RotationRun, type RunScope } from '../apply/run.ts'
import type { Work } from '../apply/work.ts'
import type { Observation } from '../model/observed-credential.ts'
import { throwIfCancelled, type RotationContext } from '../model/rotation.ts'
import { findLockedOut } from '../plan/locked-out.ts'
import { observeAll } from '../plan/observe.ts'
import type { Actionable, CredentialPlan } from '../plan/plan.ts'
import { planWithoutLock } from './plan-without-lock.ts'
import { observeAndPlan, type PlanResult } from './observe-and-plan.ts'

/**
 * Runs one rotation: observe, plan, acquire, observe, plan, stage, create, admit, verify, promote, confirm, revoke, release. It does what was planned
 * under the lock. Throws nothing: after a failure it undoes what it changed as far as that is safe, and releases the lock; the result says what state
 * things are in.
 */
export function runRotation(context: RotationContext): Promise<RotationRun> {
  return runToOutcome(context, (scope) => runSteps(context, scope))
}

async function runSteps(context: RotationContext, scope: RunScope): Promise<Result> {
  const first = await planWithoutLock(context, scope)
  if (first.state === 'held') return locked(context, first.by, undefined)
  if (first.state === 'stale') return stale(context, first.reason)
  const { plan, observation } = first
  if (isNothingToDo(plan)) {
    logRetained(scope.log, plan.credentials)
    return { outcome: 'not-due' }
  }
  if (plan.decision === 'rotate') requireRefreshable(context, plan.credentials)
  // What takes long and writes nothing is done before the lock; under it, only what differs in the second plan is prepared again.
  const prepared =
    plan.decision === 'rotate' ? await prepareAll(context, scope.log, plan.credentials) : undefined
  throwIfCancelled(context)
  const done = await context.inTurn(() => {
    throwIfCancelled(context)
    return withLock(context, scope.log, {
      observe: () => observeAndPlan(context, scope, () => observeAll(context, observation)),
      whenHeld: (by) => locked(context, by, observation),
      work: (leased, seen) => executePlan(leased, seen, prepared)
    })
  })
  // Undefined where the job's time does not suffice for one more rotation.
  return done ?? outOfTime(context, plan, observation)
}

function isNothingToDo({ decision, credentials }: Actionable): boolean {
  return decision === 'not-due' && revocationsOf(credentials).length === 0
}

/** Carries out the plan that was made under the lock. */
async function executePlan(
  leased: LeaseScope,
  seen: PlanResult,
  prepared: Prepared | undefined
): Promise<Result> {
  const { context, log } = leased
  if (seen.state === 'stale') return stale(context, seen.reason)
  const { plan, observation } = seen
  logRetained(log, plan.credentials)
  if (isNothingToDo(plan)) return { outcome: 'not-due' }
  const observedAt = context.clock.now()
  if (plan.decision === 'rotate') await prepareAll(context, log, plan.credentials, prepared)
  throwIfCancelled(context)
  context.runState.beforeWrite(context.rotation.name)
  const { destinations } = observation
  const work: Work = { ...leased, observedAt, destinations, plans: plan.credentials }
  if (plan.decision === 'not-due') {
    await revokeLeftovers(work)
    return { outcome: 'not-due' }
  }
  const replaced = plan.credentials.filter((one) => !isRefreshed(one))
  if (replaced.length > 0) await applyPlan({ ...work, plans: replaced })
  const refreshed = plan.credentials.filter(isRefreshed)
  if (refreshed.length > 0) {
    requireRefreshable(context, refreshed)
    await requireLease(leased)
    await log.step('create', () => refreshCredentials(context, log, refreshed))
  }
  return { outcome: 'rotated' }
}

/**
 * Ends a run while another one holds the lock. That is not a failure, unless a credential is about to expire: a lock that is never released would let
 * it expire without an alert. `contain` fails too, since the exposed credential remains valid.
 */
function locked(context: RotationContext, by: string, observation: Observation | undefined): Result {
  if (context.contain) {
    throw new RotationError('not-contained', `Nothing was contained: another run holds the lock (${by}).`, {
      hint: 'Run `command: contain` again when that run has ended.'
    })
  }
  const ending = observation === undefined ? undefined : findLockedOut(context, observation)
  if (ending === undefined) return { outcome: 'locked', lockedBy: by }
  throw new RotationError('locked-out', `${ending}, and another run holds the lock (${by}).`, {
    hint: `Check whether that run is still in progress. If it is not, delete the lock (${context.rotation.lock.label}), and run again.`
  })
}

/**
 * Ends a rotation that was not begun, since the job would have ended first: the next run does it. That is a failure only where the next run can be too
 * late, and for `contain`, since the exposed credential remains valid.
 */
function outOfTime(context: RotationContext, { decision }: Actionable, observation: Observation): Result {
  if (context.contain) {
    throw new RotationError('not-contained', 'Nothing was contained: the time of the job is used up.', {
      hint: 'Run `command: contain` again, with the names of the rotations that are left in `only`.'
    })
  }
  if (decision === 'not-due') return { outcome: 'not-due' }
  const ending = findLockedOut(context, observation)
  if (ending === undefined) return { outcome: 'planned', reason: [NOT_BEGUN] }
  throw new RotationError('locked-out', `${ending}, and the time of the job is used up.`, {
    hint: 'Run again now. Give the job a longer `timeout-minutes`, or rotate fewer at a time.'
  })
}

const NOT_BEGUN =
  'It is due, and was not begun: the time of the job does not suffice. The next run rotates it.'

function stale({ contain }: RotationContext, reason: string): Result {
  if (!contain) return { outcome: 'stale' }
  throw new RotationError('not-contained', `Nothing was contained: ${reason}`, {
    hint: 'Start a new run of `command: contain`, so that it gets the current values.'
  })
}

function logRetained(log: RunLog, plans: readonly CredentialPlan[]): void {
  for (const { observed, keep } of plans) {
    for (const kept of keep) log.retained.push({ credential: observed.credential, kept })
  }
}
