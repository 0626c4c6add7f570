import type { Observation } from './observe.ts'
import { findStrangeRuns, isInDoubt, makePlan, type CredentialPlan, type Plan } from './plan.ts'
import { isExposure, type RotationContext } from './rotation.ts'

/** A plan with what it was made from. */
export interface Planned {
  readonly observation: Observation
  readonly plan: Plan
}

/**
 * Plans from what was seen, and reads what else the plan needs to be sure.
 * @throws RotationError when a slot could not be read, since it might hold anything
 */
export async function planFor(context: RotationContext, observation: Observation): Promise<Planned> {
  requireReadable(observation)
  return { observation, plan: await decide(context, observation) }
}

/** A slot that could not be read might hold anything: nothing is planned on a guess. */
function requireReadable(observation: Observation): void {
  for (const { primary, secondary } of observation.credentials) {
    for (const slot of [primary, secondary]) {
      if (slot?.reading.state === 'unreadable') throw slot.reading.error
    }
  }
}

async function decide(context: RotationContext, observation: Observation): Promise<Plan> {
  const { rotation, run, runs } = context
  const base = { rotation, observation, run }
  const strange = [...findStrangeRuns(base)]
  const [queuedAt, ended] = await Promise.all([
    isInDoubt(base) ? runs.queuedAt() : undefined,
    Promise.all(strange.map((runId) => runs.hasEnded(runId)))
  ])
  return makePlan({
    ...base,
    force: context.force,
    exposed: isExposure(context),
    now: context.clock.now(),
    leaseMs: context.leaseMs,
    queuedAt,
    endedRuns: new Set(strange.filter((_, index) => ended[index] === true)),
    heldElsewhere: (observed, id) => findOtherUse(context, observed, id)
  })
}

function findOtherUse(
  context: RotationContext,
  observed: CredentialPlan['observed'],
  id: string
): string | undefined {
  for (const slot of [observed.primary, observed.secondary]) {
    if (slot?.values === undefined || slot.reading.state !== 'working' || slot.reading.id !== id) continue
    for (const value of Object.values(slot.values)) {
      const name = context.values.otherUse(value, observed.credential)
      if (name !== undefined) return `$${name} holds the same value`
    }
  }
  return undefined
}
