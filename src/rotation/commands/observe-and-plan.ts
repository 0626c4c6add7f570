import type { RunScope } from '../apply/run.ts'
import type { Observation } from '../model/observed-credential.ts'
import type { RotationContext } from '../model/rotation.ts'
import type { Actionable } from '../plan/plan.ts'
import { planFor } from '../plan/planner.ts'
import { explainRefusal } from '../plan/stale.ts'
import { requireSeen } from '../plan/unseen.ts'

/** Result of observing and planning. */
export type PlanResult =
  | { readonly state: 'planned'; readonly observation: Observation; readonly plan: Actionable }
  /** This run's values are older than the last rotation. */
  | { readonly state: 'stale'; readonly reason: string }

/**
 * Observes and plans, and updates the run's progress with both.
 * @param read `observe` without the lock, `observeAll` under it
 * @throws RotationError when something could not be read, or must not be acted on
 */
export async function observeAndPlan(
  context: RotationContext,
  { log, update }: RunScope,
  read: () => Promise<Observation>
): Promise<PlanResult> {
  let seen: Observation
  try {
    seen = await log.step('observe', read)
  } catch (thrown) {
    const reason = await explainRefusal(context, thrown)
    update({ plan: { decision: 'stale', reason } })
    return { state: 'stale', reason }
  }
  update({ observation: seen })
  const { observation, plan } = await log.step('plan', () => planFor(context, seen))
  update({ observation, plan })
  if (plan.decision === 'stale') return { state: 'stale', reason: plan.reason }
  requireSeen(observation)
  return { state: 'planned', observation, plan }
}
