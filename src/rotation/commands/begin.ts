import { asRotationError } from '../../kernel/error.ts'
import { observe, type Observation } from '../plan/observe.ts'
import type { LockBeginning } from '../model/ports.ts'
import type { RotationContext } from '../model/rotation.ts'
import { findNewerWrites } from '../plan/stale.ts'

/** What a run finds when it begins. */
export type Beginning =
  /** What could be seen meanwhile, if anything. */
  | { readonly state: 'held'; readonly by: string; readonly observation: Observation | undefined }
  | { readonly state: 'stale'; readonly reason: string }
  | {
      readonly state: 'open'
      readonly lock: Extract<LockBeginning, { state: 'open' }>
      readonly observation: Observation
    }

/**
 * Looks at the lock and at everything else at the same time. A lock that another holds is all that matters: what can't be read meanwhile may be
 * that run's doing.
 */
export async function begin(context: RotationContext): Promise<Beginning> {
  const [lock, observation] = await Promise.allSettled([context.rotation.lock.begin(), observe(context)])
  if (lock.status === 'rejected') throw asRotationError(lock.reason)
  if (lock.value.state === 'held') {
    return { ...lock.value, observation: observation.status === 'fulfilled' ? observation.value : undefined }
  }
  if (observation.status === 'fulfilled') {
    return { state: 'open', lock: lock.value, observation: observation.value }
  }
  await lock.value.abandon()
  return { state: 'stale', reason: await explainRefusal(context, observation.reason) }
}

/**
 * Looks at everything once more, under the lock: somebody may have held it between the first look and this run's claim.
 * @returns what there is now, or why this run's values are no longer current
 */
export async function observeAgain(
  context: RotationContext
): Promise<{ readonly observation: Observation } | { readonly stale: string }> {
  context.forget()
  try {
    return { observation: await observe(context) }
  } catch (thrown) {
    return { stale: await explainRefusal(context, thrown) }
  }
}

/** Tokens that are all refused may be from before a newer rotation. @throws what was thrown, where that is not the reason */
async function explainRefusal(context: RotationContext, thrown: unknown): Promise<string> {
  const error = asRotationError(thrown)
  const reason = error.code === 'refused' ? await findNewerWrites(context) : undefined
  if (reason === undefined) throw error
  return reason
}
