import { LONGEST_SCHEDULE_GAP_MS, formatInstant } from '../../kernel/clock.ts'
import { planFor } from '../plan/planner.ts'
import { findDueReasons } from '../plan/due.ts'
import type { DueReason } from '../plan/due-rule.ts'
import { asRotationError } from '../../kernel/error.ts'
import type { Finding } from '../model/finding.ts'
import {
  findPrimaryEnd,
  findPrimaryObject,
  type Observation,
  type ObservedCredential
} from '../model/observed-credential.ts'
import { findInferredSecondary, inferSecondary } from '../plan/infer-secondary.ts'
import { findOtherHomes, findSharedSecrets } from '../plan/misplaced.ts'
import type { Rotation, RotationContext } from '../model/rotation.ts'
import { runToOutcome, type RotationRun } from '../apply/run.ts'
import { inspect, type Inspection, type ReadFailure } from './inspect.ts'

/** How late a run may be before that is a finding, in milliseconds. GitHub's cron has been half a day late. */
const LATE_MS = 24 * 3_600_000

/**
 * Checks a rotation, and changes nothing. What cannot be read is a finding and does not stop the other checks. SECONDARY is checked by what the
 * account and the destinations report, since using it would look like a consumer's use.
 */
export function checkRotation(context: RotationContext): Promise<RotationRun> {
  return runToOutcome(context, async ({ log, update }) => {
    const seen = await log.step('observe', () => inspect(context))
    const { rotation } = context
    const observation = inferSecondary(context, seen.observation)
    update({ observation })
    const findings = [
      ...seen.readFailures.flatMap((failure) =>
        failure.error.code === 'missing-value' ? [] : describeReadFailure(failure)
      ),
      ...findDueReasons({
        rotation,
        observation,
        force: false,
        contain: false,
        now: context.clock.now(),
        leaseMs: context.leaseMs
      }).flatMap((reason) => describeReason(context, observation, reason)),
      ...observation.credentials.flatMap((observed) => findEnding(context, observed, observation)),
      ...(await findLeftovers(context, seen, observation)),
      ...describeHomes(rotation, observation),
      ...seen.inspected,
      ...(seen.lockedBy === undefined ? [] : [describeHolder(context, seen.lockedBy)])
    ]
    const unhealthy = findings.some(({ severity }) => severity === 'error')
    return { outcome: unhealthy ? 'unhealthy' : 'healthy', findings }
  })
}

function describeReadFailure({ on, error }: ReadFailure): Finding {
  return {
    kind: 'no-access',
    severity: 'error',
    on,
    message: error.message,
    action: error.hint ?? 'Fix what the message names.'
  }
}

const REASONS: Readonly<
  Record<DueReason['rule'], Pick<Finding, 'kind' | 'severity' | 'action'> | undefined>
> = {
  contain: undefined,
  forced: undefined,
  always: undefined,
  interval: { kind: 'overdue', severity: 'info', action: 'Nothing: the next run rotates.' },
  first: { kind: 'first-rotation', severity: 'info', action: 'Run `command: rotate` when you are ready.' },
  dead: {
    kind: 'primary-dead',
    severity: 'error',
    action: 'Run `command: rotate` now: SECONDARY serves consumers until then, if it works.'
  },
  // A value that could not be read is a finding of its own.
  unreadable: undefined,
  expiring: { kind: 'expires-soon', severity: 'warning', action: 'Run `command: rotate`.' },
  fallback: {
    kind: 'fallback',
    severity: 'error',
    action: 'Run `command: rotate` with `force: true`: it fills both slots.'
  },
  same: {
    kind: 'fallback',
    severity: 'warning',
    action: 'Nothing: the next rotation creates a new one and fills both slots.'
  },
  newer: {
    kind: 'slots-disagree',
    severity: 'warning',
    action: 'Nothing after a rollback; otherwise run `command: rotate`, which writes every slot.'
  },
  unfinished: {
    kind: 'slots-disagree',
    severity: 'error',
    action: 'Run `command: rotate`: it writes every destination again.'
  },
  disagreement: {
    kind: 'slots-disagree',
    severity: 'error',
    action: 'Run `command: rotate`: it writes every slot at every destination.'
  }
}

function describeReason(
  { rotation, clock }: RotationContext,
  observation: Observation,
  { rule, message }: DueReason
): readonly Finding[] {
  const finding = REASONS[rule]
  if (finding === undefined) return []
  if (rule !== 'interval') return [{ ...finding, on: rotation.name, message }]
  const issued = observation.credentials.flatMap((observed) => findPrimaryObject(observed)?.issuedAt ?? [])
  const due = Math.min(...issued) + (rotation.everyMs ?? 0)
  if (clock.now() - due <= LATE_MS) return [{ ...finding, on: rotation.name, message }]
  return [
    {
      ...finding,
      severity: 'error',
      on: rotation.name,
      message: `${rotation.name} should have been rotated by ${formatInstant(due)}.`,
      action: 'See whether the workflow with `command: rotate` still runs, and run it by hand.'
    }
  ]
}

/** Finds credentials that expire soon: consumers have one until the later of the slots expires. */
function findEnding(
  { clock, rotation }: RotationContext,
  observed: ObservedCredential,
  observation: Observation
): readonly Finding[] {
  const primaryEnd = findPrimaryEnd(observed)
  if (primaryEnd === undefined) return []
  const secondary = findInferredSecondary(observed, observation, rotation)
  const last = Math.max(primaryEnd, secondary?.status === 'active' ? (secondary.expiresAt ?? 0) : 0)
  if (last - clock.now() > LONGEST_SCHEDULE_GAP_MS) return []
  return [
    {
      kind: 'expires-soon',
      severity: 'error',
      on: observed.credential.name,
      message: `${observed.credential.name}: the slots hold nothing that works after ${formatInstant(last)}, which can be before the next scheduled run.`,
      action: 'Run `command: rotate` now, and give it a longer ttl or a more frequent schedule.'
    }
  ]
}

/** Finds what earlier runs left, as a plan would; only when everything could be read. */
async function findLeftovers(
  context: RotationContext,
  seen: Inspection,
  observation: Observation
): Promise<readonly Finding[]> {
  const whole =
    seen.readFailures.length === 0 &&
    observation.credentials.every(({ primary }) => primary.reading.state === 'working')
  if (!whole) return []
  try {
    const { plan } = await planFor({ ...context, force: false }, observation)
    if (plan.decision === 'stale') return []
    return plan.credentials.flatMap(({ observed: { credential }, revoke, keep }): Finding[] => [
      ...revoke
        .filter(({ reason }) => reason === 'orphan')
        .map(({ object }): Finding => ({
          kind: 'orphan',
          severity: 'warning',
          on: credential.name,
          message: `${credential.name}: ${object.id} (${object.name}) is in no slot: a run that did not finish left it.`,
          action: 'Nothing: the next rotation deletes it.'
        })),
      ...keep.map(({ object, reason }): Finding => ({
        kind: 'kept',
        severity: 'info',
        on: credential.name,
        message: `${credential.name}: ${object.id} is kept although no slot needs it: ${reason}.`,
        action: 'If it is still in use, find the consumer; otherwise nothing.'
      }))
    ])
  } catch (thrown) {
    return [describeReadFailure({ on: context.rotation.name, error: asRotationError(thrown) })]
  }
}

/** Describes other homes in the same account, and secrets that they write too. */
function describeHomes(rotation: Rotation, observation: Observation): readonly Finding[] {
  return [
    ...findOtherHomes(rotation, observation).map((message): Finding => ({
      kind: 'other-home',
      severity: 'info',
      on: rotation.name,
      message,
      action: 'Nothing, if both are intended.'
    })),
    ...findSharedSecrets(observation).map((message): Finding => ({
      kind: 'other-home',
      severity: 'error',
      on: rotation.name,
      message,
      action: 'Give one of the rotations other secret names or another store.'
    }))
  ]
}

function describeHolder({ rotation }: RotationContext, by: string): Finding {
  return {
    kind: 'locked',
    severity: 'info',
    on: rotation.name,
    message: `${rotation.name}: the lock is held by ${by}.`,
    action: 'Nothing, while that run is in progress.'
  }
}
