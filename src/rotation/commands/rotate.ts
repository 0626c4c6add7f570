import { allOrFirstError } from '../../kernel/settle.ts'
import { begin, observeAgain } from './begin.ts'
import { planFor, type Planned } from '../plan/planner.ts'
import { asRotationError, RotationError } from '../../kernel/error.ts'
import { withLease, type Held } from '../apply/lease.ts'
import { findLockedOut } from '../plan/locked-out.ts'
import type { RunLog } from '../apply/run-log.ts'
import { readSecondary, type Observation } from '../plan/observe.ts'
import { needsSecondary, type CredentialPlan, type Plan } from '../plan/plan.ts'
import type { CredentialObject } from '../model/ports.ts'
import { revocationsOf } from '../apply/revoke.ts'
import { rotate, revokeLeftovers } from '../apply/apply.ts'
import { isExposure, throwIfCancelled, type RotationContext } from '../model/rotation.ts'
import { runToOutcome, type Result, type RotationRun, type RunScope } from '../apply/run.ts'
import { idOf } from '../plan/verdict.ts'
import type { Work } from '../apply/work.ts'

/**
 * Runs one rotation: acquire, observe, stage, create, verify, promote, confirm, revoke, release. Throws nothing: whatever fails, what was
 * changed is undone as far as it is safe, the lock is given back, and the answer says what state things are in.
 */
export function runRotation(context: RotationContext): Promise<RotationRun> {
  return runToOutcome(context, (progress) => runSteps(context, progress))
}

async function runSteps(context: RotationContext, { log, update }: RunScope): Promise<Result> {
  const beginning = await log.step('observe', () => begin(context))
  if (beginning.state === 'held') {
    if (beginning.observation !== undefined) update({ observation: beginning.observation })
    return locked(context, beginning)
  }
  if (beginning.state === 'stale') {
    update({ plan: { decision: 'stale', reason: beginning.reason } })
    return stale(context, beginning.reason)
  }
  update({ observation: beginning.observation })
  let observedAt = context.clock.now()
  const look = async (seen: Observation): Promise<Observation> => {
    const whole = await readSecondary(context, seen)
    observedAt = context.clock.now()
    return whole
  }
  let lock: Awaited<ReturnType<typeof beginning.lock.complete>> | undefined
  try {
    let { observation, plan } = await planFor(context, beginning.observation)
    update({ observation, plan })
    if (plan.decision === 'not-due' && needsSecondary(plan)) {
      ;({ observation, plan } = await planFor(context, await look(observation)))
      update({ observation, plan })
    }
    if (plan.decision === 'stale') return stale(context, plan.reason)
    if (plan.decision === 'not-due' && revocationsOf(plan.credentials).length === 0) {
      logRetained(log, plan.credentials)
      return { outcome: 'not-due' }
    }
    if (plan.decision === 'rotate') {
      await prepareAll(context, log, plan.credentials)
      await requireFit(plan.credentials)
    }
    throwIfCancelled(context)
    context.progress.beforeLock(context.rotation.name)
    const looking = needsSecondary(plan) ? look(observation) : Promise.resolve(observation)
    const [taken, looked] = await Promise.allSettled([
      log.step('acquire', () => beginning.lock.complete()),
      looking
    ])
    if (taken.status === 'rejected') throw asRotationError(taken.reason)
    lock = taken.value
    if (lock.state === 'held') return locked(context, { by: lock.by, observation })
    const held: Held = { context, log, lease: lock.lease }
    const { undisturbed } = lock
    return await withLease(held, async () => {
      if (!undisturbed) {
        const again = await log.step('observe', () =>
          lookAgain(held, looked.status === 'fulfilled' ? looked.value : observation)
        )
        if ('stale' in again) return stale(context, again.stale)
        update(again)
        const seen = { destinations: again.observation.destinations, observedAt: context.clock.now() }
        return await carryOut(again.plan, held, seen)
      }
      if (looked.status === 'rejected') throw asRotationError(looked.reason)
      if (looked.value !== observation) ({ observation, plan } = await planFor(context, looked.value))
      update({ observation, plan })
      const { destinations } = observation
      return await carryOut(plan, held, { destinations, observedAt })
    })
  } finally {
    if (lock === undefined) await beginning.lock.abandon()
  }
}

/**
 * Another run is at work, which is no failure, unless a credential is about to end: a lock that is never given back would let it end without a word.
 * An exposed credential remains valid when a run ends so: that is a failure too.
 */
function locked(
  context: RotationContext,
  { by, observation }: { readonly by: string; readonly observation: Observation | undefined }
): Result {
  if (!isExposure(context)) {
    const ending = observation === undefined ? undefined : findLockedOut(context, observation)
    if (ending === undefined) return { outcome: 'locked', lockedBy: by }
    throw new RotationError('locked-out', `${ending}, and another run holds the lock (${by}).`, {
      hint: `See whether that run is still at work. If it is not, delete the lock (${context.rotation.lock.label}), and run again.`
    })
  }
  throw new RotationError('not-contained', `Nothing was contained: another run holds the lock (${by}).`, {
    hint: 'Run again with `reason: exposure` when that run has ended.'
  })
}

function stale(context: RotationContext, reason: string): Result {
  if (!isExposure(context)) return { outcome: 'stale' }
  throw new RotationError('not-contained', `Nothing was contained: ${reason}`, {
    hint: 'Start a new run with `reason: exposure`, so that it is given the values of today.'
  })
}

/** Plans anew from what there is now that the lock is held. */
async function lookAgain(
  { context, log }: Held,
  before: Observation
): Promise<Planned | { readonly stale: string }> {
  context.reporter.info('Looking once more: another run may have been at work since this one began.')
  const seen = await observeAgain(context)
  if ('stale' in seen) return seen
  const now = withoutOwnUse(seen.observation, before)
  let planned = await planFor(context, now)
  if (needsSecondary(planned.plan)) planned = await planFor(context, await readSecondary(context, now))
  if (planned.plan.decision === 'rotate') await prepareAll(context, log, planned.plan.credentials)
  return planned
}

/** What this run has looked at has been used by it: what counts is when it was used before that. */
function withoutOwnUse(now: Observation, { credentials: earlier, usedUntil = 0 }: Observation): Observation {
  const known = new Map(
    earlier.flatMap(({ objects }) => objects.map((object) => [object.id, object] as const))
  )
  const credentials = now.credentials.map((observed) => ({
    ...observed,
    objects: observed.objects.map((object) => {
      const first = known.get(object.id)
      if (first === undefined || (object.lastUsedAt ?? 0) > usedUntil) return object
      return first.lastUsedAt === undefined ? unused(object) : { ...object, lastUsedAt: first.lastUsedAt }
    })
  }))
  return { ...now, credentials }
}

function unused(object: CredentialObject): CredentialObject {
  return Object.fromEntries(
    Object.entries(object).filter(([key]) => key !== 'lastUsedAt')
  ) as unknown as CredentialObject
}

async function prepareAll(
  { reporter }: RotationContext,
  log: RunLog,
  plans: readonly CredentialPlan[]
): Promise<void> {
  const findings = await allOrFirstError(
    plans.map(({ observed, predecessor: like }) => observed.credential.prepare(like))
  )
  for (const { message } of findings.flat()) {
    if (log.warnings.includes(message)) continue
    log.warnings.push(message)
    reporter.warning(message)
  }
}

/**
 * A credential that was made by hand has no name that says what it is for: whether it can do what its checks ask is found out before its successor,
 * which would inherit that, is written anywhere. @throws RotationError `bad-input`
 */
async function requireFit(plans: readonly CredentialPlan[]): Promise<void> {
  await allOrFirstError(
    plans.flatMap(({ observed: { credential, primary, objects } }) => {
      const { values, reading } = primary
      const object = objects.find(({ id }) => id === idOf(reading))
      if (values === undefined || reading.state !== 'working' || object?.managed !== undefined) return []
      return credential.probes
        .filter(({ readsOnly, kind }) => readsOnly && kind === 'check' && credential.identifiesByUse)
        .map(async (probe) => {
          const { verdict, detail } = await probe.run(values)
          if (verdict !== 'forbidden') return
          throw new RotationError(
            'bad-input',
            `${credential.name}: what PRIMARY holds does not pass its check "${probe.label}": ${detail}`,
            {
              hint: 'Check whether two lines of `env` are swapped, and give the token the permission that it is for. Nothing was changed.'
            }
          )
        })
    })
  )
}

/** Does what the plan says. */
async function carryOut(
  plan: Plan,
  held: Held,
  seen: Pick<Work, 'destinations' | 'observedAt'>
): Promise<Result> {
  if (plan.decision === 'stale') return stale(held.context, plan.reason)
  const { context, log } = held
  logRetained(log, plan.credentials)
  context.progress.beforeWrite(context.rotation.name)
  const work: Work = Object.assign(held, seen, { plans: plan.credentials })
  if (plan.decision === 'not-due') {
    await revokeLeftovers(work)
    return { outcome: 'not-due' }
  }
  await rotate(work)
  return { outcome: 'rotated' }
}

function logRetained(log: RunLog, plans: readonly CredentialPlan[]): void {
  for (const { observed, keep: kept } of plans) {
    for (const one of kept) log.retained.push({ credential: observed.credential, kept: one })
  }
}
