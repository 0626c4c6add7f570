import type { Observation } from '../model/observed-credential.ts'
import { unknownRunIds, mayBeStale, makePlan, type CredentialPlan, type Plan } from './plan.ts'
import { findAdoptProblem, requireTry } from './journal.ts'
import { refuseMisplaced } from './misplaced.ts'
import type { RotationContext } from '../model/rotation.ts'
import { settleVerdicts } from './verdict.ts'

/** Plan with the observation that it was made from. */
export interface Planned {
  readonly observation: Observation
  readonly plan: Plan
}

/**
 * Makes the plan from an observation, and reads what else the plan needs.
 * @throws RotationError when a slot could not be read and no other serves consumers, or when a slot holds a credential that belongs elsewhere
 */
export async function planFor(context: RotationContext, seen: Observation): Promise<Planned> {
  const { rotation } = context
  const observation = settleVerdicts(rotation, seen)
  refuseMisplaced(rotation, observation)
  const misnamed = findAdoptProblem(rotation, observation)
  if (misnamed !== undefined) throw misnamed
  if (!context.force && !context.contain) requireTry(rotation, observation, context.clock.now())
  const plan = await decide(context, observation)
  if (plan.decision !== 'stale') requireReadable(observation)
  return { observation, plan }
}

/** A slot that could not be read might hold any object, so no plan is made on a guess. A working SECONDARY can stand in for PRIMARY. */
function requireReadable(observation: Observation): void {
  for (const { primary, secondary } of observation.credentials) {
    if (secondary?.reading.state === 'unreadable') throw secondary.reading.error
    if (primary.reading.state !== 'unreadable') continue
    const fallback = secondary?.reading.state
    // An unread SECONDARY is read under the lock.
    if (fallback !== 'working' && fallback !== 'unread') throw primary.reading.error
  }
}

/** Why the run in an object's name proves nothing, as the end of a sentence. */
const UNPROVEN: Readonly<Record<string, string | undefined>> = {
  unknown: 'this repository has no such run',
  unanswered: 'GitHub did not say whether there is such a run'
}

async function decide(context: RotationContext, observation: Observation): Promise<Plan> {
  const { rotation, run, runs } = context
  const base = { rotation, observation, run }
  const [queuedAt, found] = await Promise.all([
    mayBeStale(base) ? runs.queuedAt() : undefined,
    Promise.all([...unknownRunIds(base)].map(async (runId) => ({ runId, state: await runs.find(runId) })))
  ])
  return makePlan({
    ...base,
    force: context.force,
    contain: context.contain,
    now: context.clock.now(),
    leaseMs: context.leaseMs,
    queuedAt,
    endedRuns: new Set(found.flatMap(({ runId, state }) => (state === 'ended' ? [runId] : []))),
    unprovenRuns: new Map(
      found.flatMap(({ runId, state }) => {
        const why = UNPROVEN[state ?? '']
        return why === undefined ? [] : [[runId, why] as const]
      })
    ),
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
