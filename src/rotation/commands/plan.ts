import { allOrFirstError } from '../../kernel/settle.ts'
import { planFor } from '../plan/planner.ts'
import { asRotationError } from '../../kernel/error.ts'
import { findOtherHomes, findSharedSecrets } from '../plan/misplaced.ts'
import { observe } from '../plan/observe.ts'
import { presumeSecondary } from '../plan/infer-secondary.ts'
import type { RotationContext } from '../model/rotation.ts'
import { conclude, type RotationRun } from '../apply/run.ts'

/**
 * Says what a run would do, and changes nothing: what is due and why, what would be made, written, revoked and kept, and what would stop it.
 * A lock that another run holds is noted; it does not keep from looking.
 */
export function previewRotation(context: RotationContext): Promise<RotationRun> {
  const { rotation } = context
  return conclude(context, async ({ ledger, know }) => {
    const [seen, lockedBy] = await ledger.step('observe', () =>
      allOrFirstError([observe(context), findHolder(context)])
    )
    know({ observation: seen })
    const planned = await ledger.step('plan', () => planFor(context, presumeSecondary(context, seen)))
    know({ observation: seen, plan: planned.plan })
    const { plan } = planned
    ledger.warnings.push(...findOtherHomes(rotation, seen), ...findSharedSecrets(rotation, seen))
    if (lockedBy !== undefined) ledger.obstacles.push(`The lock is held by ${lockedBy}.`)
    if (plan.decision !== 'rotate') return { outcome: 'planned' }
    const prepared = await Promise.allSettled(
      plan.credentials.map(({ observed, like }) => observed.credential.prepare(like))
    )
    for (const result of prepared) {
      if (result.status === 'fulfilled') {
        ledger.warnings.push(...result.value.map(({ message, action }) => `${message} ${action}`))
        continue
      }
      const { message, hint } = asRotationError(result.reason)
      ledger.obstacles.push(hint === undefined ? message : `${message} ${hint}`)
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
