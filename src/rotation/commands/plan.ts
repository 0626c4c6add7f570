import { asRotationError, type RotationError } from '../../kernel/error.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
import { runToOutcome, type RotationRun } from '../apply/run.ts'
import type { RunLog } from '../apply/run-log.ts'
import type { Observation } from '../model/observed-credential.ts'
import type { Rotation, RotationContext } from '../model/rotation.ts'
import { inferSecondary } from '../plan/infer-secondary.ts'
import { findOtherHomes, findSharedSecrets } from '../plan/misplaced.ts'
import { observe, readSecondary } from '../plan/observe.ts'
import type { CredentialPlan } from '../plan/plan.ts'
import { planFor } from '../plan/planner.ts'
import { findUnseen } from '../plan/unseen.ts'

/**
 * Reports what a run would do, and changes nothing: what is due and why, what would be created, written, revoked and kept, and what would stop it. A
 * lock that another run holds is an obstacle; it does not stop this command from reading.
 */
export function planRotation(context: RotationContext): Promise<RotationRun> {
  const { rotation } = context
  return runToOutcome(context, async ({ log, update }) => {
    const [observation, lockedBy] = await log.step('observe', () =>
      allOrFirstError([observeForPlan(context), rotation.lock.findHolder()])
    )
    update({ observation })
    const { plan } = await log.step('plan', () => planFor(context, inferSecondary(context, observation)))
    update({ observation, plan })
    log.warnings.push(...findOtherHomes(rotation, observation), ...findSharedSecrets(observation))
    if (lockedBy !== undefined) log.obstacles.push(`The lock is held by ${lockedBy}.`)
    if (plan.decision === 'rotate') {
      log.obstacles.push(...rotation.destinations.flatMap((one) => describeObstacle(one.findObstacle?.())))
      await prepareEach(log, plan.credentials)
      log.obstacles.push(...(await findGateObstacles(rotation)))
    }
    return { outcome: 'planned' }
  })
}

/** Reads SECONDARY only where PRIMARY does not work: then a rotation is due, even if a consumer uses SECONDARY. */
async function observeForPlan(context: RotationContext): Promise<Observation> {
  const observation = await observe(context)
  const works = observation.credentials.every(({ primary }) => primary.reading.state === 'working')
  return works ? observation : await readSecondary(observation)
}

async function prepareEach(log: RunLog, plans: readonly CredentialPlan[]): Promise<void> {
  const prepared = await Promise.allSettled(
    plans.map(async ({ observed, predecessor }) => {
      const unseen = findUnseen(observed)
      if (unseen !== undefined) throw unseen
      return await observed.credential.prepare(predecessor)
    })
  )
  for (const result of prepared) {
    if (result.status === 'fulfilled') {
      log.warnings.push(...result.value.map(({ message, action }) => `${message} ${action}`))
      continue
    }
    log.obstacles.push(...describeObstacle(asRotationError(result.reason)))
  }
}

async function findGateObstacles({ rollout }: Pick<Rotation, 'rollout'>): Promise<readonly string[]> {
  const prepared = await Promise.allSettled(rollout.map((gate) => gate.prepare()))
  return prepared.flatMap((result) =>
    result.status === 'rejected' ? describeObstacle(asRotationError(result.reason)) : []
  )
}

function describeObstacle(error: RotationError | undefined): readonly string[] {
  if (error === undefined) return []
  const { message, hint } = error
  return [hint === undefined ? message : `${message} ${hint}`]
}
