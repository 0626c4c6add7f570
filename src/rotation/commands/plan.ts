import { allOrFirstError } from '../../kernel/settle.ts'
import { planFor } from '../plan/planner.ts'
import { asRotationError } from '../../kernel/error.ts'
import { findOtherHomes, findSharedSecrets } from '../plan/misplaced.ts'
import { observe } from '../plan/observe.ts'
import { inferSecondary } from '../plan/infer-secondary.ts'
import type { RotationContext } from '../model/rotation.ts'
import { runToOutcome, type RotationRun } from '../apply/run.ts'

/**
 * Says what a run would do, and changes nothing: what is due and why, what would be made, written, revoked and kept, and what would stop it.
 * A lock that another run holds is noted; it does not keep from looking.
 */
export function planRotation(context: RotationContext): Promise<RotationRun> {
  const { rotation } = context
  return runToOutcome(context, async ({ log, update }) => {
    const [seen, lockedBy] = await log.step('observe', () =>
      allOrFirstError([observe(context), findHolder(context)])
    )
    update({ observation: seen })
    const planned = await log.step('plan', () => planFor(context, inferSecondary(context, seen)))
    update({ observation: seen, plan: planned.plan })
    const { plan } = planned
    log.warnings.push(...findOtherHomes(rotation, seen), ...findSharedSecrets(rotation, seen))
    if (lockedBy !== undefined) log.obstacles.push(`The lock is held by ${lockedBy}.`)
    if (plan.decision !== 'rotate') return { outcome: 'planned' }
    const prepared = await Promise.allSettled(
      plan.credentials.map(({ observed, predecessor: like }) => observed.credential.prepare(like))
    )
    for (const result of prepared) {
      if (result.status === 'fulfilled') {
        log.warnings.push(...result.value.map(({ message, action }) => `${message} ${action}`))
        continue
      }
      const { message, hint } = asRotationError(result.reason)
      log.obstacles.push(hint === undefined ? message : `${message} ${hint}`)
    }
    return { outcome: 'planned' }
  })
}

/** Who holds the lock, where somebody does; nothing is taken. */
async function findHolder({ rotation }: RotationContext): Promise<string | undefined> {
  const beginning = await rotation.lock.begin()
  if (beginning.state === 'held') return beginning.by
  await beginning.abandon()
  return undefined
}
