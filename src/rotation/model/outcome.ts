/** Outcomes of a run or a rotation, from best to worst. */
export const OUTCOMES = [
  'not-due',
  'planned',
  'healthy',
  'rotated',
  'stale',
  'locked',
  'unhealthy',
  'rolled-back',
  'failed'
] as const

/** Outcome of a run or a rotation. */
export type Outcome = (typeof OUTCOMES)[number]

/** Whether an outcome fails the workflow and raises the alert. */
export function isFailure(outcome: Outcome): boolean {
  return outcome === 'unhealthy' || outcome === 'rolled-back' || outcome === 'failed'
}

/** Finds the worst of several outcomes; `not-due` for none. */
export function worstOutcome(outcomes: readonly Outcome[]): Outcome {
  return OUTCOMES.findLast((outcome) => outcomes.includes(outcome)) ?? 'not-due'
}
