import type { PlanRecord, RotationRecord } from '../rotation/record/schema.ts'

/** One step of a plan, or an obstacle to it. */
export interface PlanLine {
  readonly what: 'create' | 'write' | 'revoke' | 'keep' | 'obstacle'
  /** What it is done to. */
  readonly on: string
  /** Why, or with what. */
  readonly reason: string
}

/** Lists a plan in the order in which it would happen. */
export function listPlan(plan: PlanRecord): readonly PlanLine[] {
  return [
    ...plan.obstacles.map((reason): PlanLine => ({ what: 'obstacle', on: '', reason })),
    ...plan.create.map(({ credential, type, like }): PlanLine => ({
      what: 'create',
      on: credential,
      reason: like === null ? `a new ${type}` : `a new ${type}, modelled on ${like}`
    })),
    ...plan.write.map(({ destination, secret, holds }): PlanLine => ({
      what: 'write',
      on: `${secret} at ${destination}`,
      reason: holds === null ? 'the new value' : `the value of ${holds}, which works now`
    })),
    ...plan.revoke.map(({ credential, id, reason }): PlanLine => ({
      what: 'revoke',
      on: `${id} of ${credential}`,
      reason: REVOKED[reason] ?? reason
    })),
    ...plan.keep.map(({ credential, id, reason }): PlanLine => ({
      what: 'keep',
      on: `${id} of ${credential}`,
      reason
    }))
  ]
}

/** Summarises a plan in one sentence. */
export function summarizePlan({ plan, reason, nextDue }: RotationRecord): string {
  if (plan === null) return ''
  if (plan.decision === 'stale') return `Nothing would be done: ${reason.join(' ')}`
  if (plan.decision === 'rotate') return `It would rotate. ${reason.join(' ')}`
  return `It is not due${nextDue === null ? '' : ` until ${nextDue}`}.`
}

/** Describes why a rotation ended as it did, and when the next one is due where nothing was due. */
export function describeWhy({ outcome, reason, nextDue }: RotationRecord): string {
  const until = outcome === 'not-due' && nextDue !== null ? [`The next rotation is due at ${nextDue}.`] : []
  return [...until, ...reason].join(' ')
}

const REVOKED: Readonly<Record<string, string>> = {
  replaced: 'no slot holds it any more',
  orphan: 'left over from a run that did not finish',
  expired: 'expired'
}
