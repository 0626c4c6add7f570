/** The outcomes of a run or a rotation, from best to worst, as the contract names them. */
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

/** How a run or a rotation ended. */
export type Outcome = (typeof OUTCOMES)[number]

/** The outcomes that fail the workflow and raise the alert. */
export function isFailure(outcome: Outcome): boolean {
  return outcome === 'unhealthy' || outcome === 'rolled-back' || outcome === 'failed'
}

/** The worst of several outcomes; of none, `not-due`. */
export function worstOutcome(outcomes: readonly Outcome[]): Outcome {
  const rank = Math.max(0, ...outcomes.map((outcome) => OUTCOMES.indexOf(outcome)))
  return OUTCOMES[rank]!
}
