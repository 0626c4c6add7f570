import { formatInstant } from '../../kernel/clock.ts'
import {
  findPrimaryEnd,
  findPrimaryObject,
  type Observation,
  type ObservedCredential
} from '../model/observed-credential.ts'
import { findInferredSecondary } from './infer-secondary.ts'
import type { RotationContext } from '../model/rotation.ts'

/**
 * Finds a credential that expires before the next run can be expected, so that a run that may not rotate it must fail; undefined where every
 * credential lasts. A schedule fires several times within `every`, so half of it is left for runs that GitHub skips.
 */
export function findLockedOut(
  { rotation, clock, leaseMs }: Pick<RotationContext, 'rotation' | 'clock' | 'leaseMs'>,
  observation: Observation
): string | undefined {
  for (const observed of observation.credentials) {
    const endsAt = findLastEnd(observed, observation, rotation)
    if (endsAt === undefined) continue
    const { issuedAt = endsAt } = findPrimaryObject(observed) ?? {}
    const interval = rotation.everyMs ?? (endsAt - issuedAt) / 2
    if (endsAt - clock.now() > Math.max(leaseMs, interval / 2)) continue
    return `${observed.credential.name}: its slots hold nothing that works after ${formatInstant(endsAt)}, which can be before the next run`
  }
  return undefined
}

/** Computes when the last slot of a credential expires, in milliseconds; undefined where that is not known, or never. */
function findLastEnd(
  observed: ObservedCredential,
  observation: Observation,
  rotation: RotationContext['rotation']
): number | undefined {
  const primaryEnd = findPrimaryEnd(observed)
  if (primaryEnd === undefined) return undefined
  const secondary = findInferredSecondary(observed, observation, rotation)
  if (secondary?.status !== 'active') return primaryEnd
  return secondary.expiresAt === undefined ? undefined : Math.max(primaryEnd, secondary.expiresAt)
}
