import type { RotationRun } from '../apply/run.ts'
import type { CredentialPlan } from '../plan/plan.ts'
import type { PlanRecord } from './schema.ts'
import { hasTwoSlots, secretName, type Rotation } from '../model/rotation.ts'

/** Makes the part of a record about the plan; null where nothing was planned. */
export function recordPlan(
  rotation: Rotation,
  { plan, log }: Pick<RotationRun, 'plan' | 'log'>
): PlanRecord | null {
  if (plan === undefined) return null
  const { obstacles } = log
  if (plan.decision === 'stale') return { ...NOTHING, decision: 'stale', obstacles }
  const { credentials } = plan
  const ends = {
    revoke: credentials.flatMap(({ observed, revoke }) =>
      revoke.map(({ object, reason }) => ({ credential: observed.credential.name, id: object.id, reason }))
    ),
    keep: credentials.flatMap(({ observed, keep }) =>
      keep.map(({ object, reason }) => ({ credential: observed.credential.name, id: object.id, reason }))
    ),
    obstacles
  }
  if (plan.decision === 'not-due') return { ...NOTHING, decision: 'not-due', ...ends }
  return {
    decision: 'rotate',
    create: credentials.map(({ observed: { credential }, predecessor }) => ({
      credential: credential.name,
      type: credential.type,
      like: predecessor?.id ?? null
    })),
    write: rotation.destinations.flatMap((destination) =>
      credentials.flatMap((one) =>
        writesOf(one).flatMap(({ variable, ...write }) =>
          destination
            .namesOf(variable)
            .map((secret) => ({ destination: destination.label, secret, ...write }))
        )
      )
    ),
    ...ends
  }
}

const NOTHING = { create: [], write: [], revoke: [], keep: [] }

/** Write of a plan, before its names at a destination are known. */
interface PlannedWrite extends Pick<PlanRecord['write'][number], 'slot' | 'holds'> {
  readonly variable: string
}

/** Lists the writes of a plan. With two slots, SECONDARY gets what works now, or the new value where nothing works. */
function writesOf({ observed: { credential }, serving }: CredentialPlan): readonly PlannedWrite[] {
  return credential.fields.flatMap((field) => {
    const secondary = secretName(field, 'secondary')
    const primary = { variable: field.primary, slot: 'primary' as const, holds: null }
    if (secondary === undefined || !hasTwoSlots(credential)) return [primary]
    const holds = serving.slot === 'none' ? null : serving.id
    return [{ variable: secondary, slot: 'secondary' as const, holds }, primary]
  })
}
