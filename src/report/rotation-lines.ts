import { isFailure } from '../rotation/model/outcome.ts'
import type { RotationRecord } from '../rotation/record/schema.ts'
import { describeWhy, listPlan, summarizePlan } from './plan-lines.ts'

/** Describes a rotation that has ended, line by line. */
export function describeRotation(rotation: RotationRecord): readonly string[] {
  const { outcome, plan } = rotation
  if (plan === null) {
    const why = isFailure(outcome) ? '' : describeWhy(rotation)
    return [`${outcome}${why === '' ? '' : `: ${why}`}`]
  }
  return [
    `${outcome}: ${summarizePlan(rotation)}`,
    ...listPlan(plan).map(({ what, on, reason: why }) =>
      what === 'obstacle' ? `  obstacle: ${why}` : `  ${what} ${on}: ${why}`
    )
  ]
}
