import { asRotationError } from './error.ts'
import { observe, type Observation } from './observe.ts'
import type { LockBeginning } from './ports.ts'
import type { RotationContext } from './rotation.ts'
import { findNewerWrites } from './stale.ts'

/** What a run finds when it begins. */
export type Beginning =
  | { readonly state: 'held'; readonly by: string }
  | { readonly state: 'stale'; readonly because: string }
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
  if (lock.value.state === 'held') return lock.value
  if (observation.status === 'fulfilled') {
    return { state: 'open', lock: lock.value, observation: observation.value }
  }
  await lock.value.abandon()
  const error = asRotationError(observation.reason)
  const because = error.code === 'refused' ? await findNewerWrites(context) : undefined
  if (because !== undefined) return { state: 'stale', because }
  throw error
}
