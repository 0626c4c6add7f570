import type { RunScope } from '../apply/run.ts'
import type { Observation } from '../model/observed-credential.ts'
import type { RotationContext } from '../model/rotation.ts'
import { observe } from '../plan/observe.ts'
import { observeAndPlan, type PlanResult } from './observe-and-plan.ts'

/**
 * Observes and plans without the lock. What cannot be read, or looks wrong, may be due to another run that is in progress: then the result is that
 * run.
 */
export async function planWithoutLock(
  context: RotationContext,
  scope: RunScope,
  read: () => Promise<Observation> = () => observe(context)
): Promise<PlanResult | { readonly state: 'held'; readonly by: string }> {
  try {
    return await observeAndPlan(context, scope, read)
  } catch (thrown) {
    const by = await context.rotation.lock.findHolder().catch(() => undefined)
    if (by === undefined) throw thrown
    return { state: 'held', by }
  }
}
