import { formatInstant } from '../../kernel/clock.ts'
import { findPrimaryObject } from '../model/observed-credential.ts'
import { findNextDue } from '../plan/due.ts'
import type { RotationError } from '../../kernel/error.ts'
import { withoutExposed } from './leaked.ts'
import { sortFindings } from '../model/finding.ts'
import { truncateRecord } from './truncate.ts'
import { worstOutcome, type Outcome } from '../model/outcome.ts'
import { recordCredential } from './credential.ts'
import { recordFailure } from './failure.ts'
import { recordPlan } from './plan.ts'
import type { CredentialRecord, FindingRecord, RotationRecord, RunRecord } from './schema.ts'
import { findExposed, redactRecord } from './texts.ts'
import type { RunLog } from '../apply/run-log.ts'
import type { RotationRun } from '../apply/run.ts'
import type { Destination } from '../model/destination.ts'
import type { Rotation } from '../model/rotation.ts'
import type { SecretRegistry } from '../../kernel/secret.ts'

/** Parts of a run's record besides its rotations. */
export interface RunFacts {
  readonly command: string
  readonly run: RunRecord['run']
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number
  /** Whether credentials were watched: a run without rotations is healthy then. */
  readonly watched?: boolean
  readonly warnings: readonly string[]
  /** Findings of a check, about the rotations and everything else. */
  readonly findings?: readonly FindingRecord[]
  /** Failure before any rotation began. */
  readonly error?: RotationError
}

/**
 * Makes the record of a run. Secrets are redacted in texts for people, since these come from APIs and processes. A secret in any other text replaces
 * the record and fails the run. What does not fit is left out, and the record says so.
 */
export function makeRecord(
  facts: RunFacts,
  rotations: readonly RotationRecord[],
  secrets: Pick<SecretRegistry, 'redact' | 'findIn'>
): RunRecord {
  const record = makeWhole(facts, rotations)
  const exposed = findExposed(record, (text) => secrets.findIn(text))
  const publishable = exposed.length === 0 ? record : withoutExposed(record, exposed, secrets)
  return truncateRecord(redactRecord(publishable, (text) => secrets.redact(text)))
}

function makeWhole(facts: RunFacts, rotations: readonly RotationRecord[]): RunRecord {
  return {
    version: 1,
    command: facts.command,
    outcome: facts.error === undefined ? worstOf(facts, rotations) : 'failed',
    run: facts.run,
    startedAt: formatInstant(facts.startedAt),
    endedAt: formatInstant(facts.endedAt),
    rotations: [...rotations],
    findings: [...sortFindings(facts.findings ?? [])],
    warnings: [...facts.warnings],
    error: facts.error === undefined ? null : recordFailure(facts.error),
    truncated: false
  }
}

function worstOf(
  { findings = [], watched = false }: RunFacts,
  rotations: readonly RotationRecord[]
): Outcome {
  const unhealthy = findings.some(({ severity }) => severity === 'error')
  return worstOutcome([
    ...rotations.map(({ outcome }) => outcome),
    ...(watched && rotations.length === 0 ? (['healthy'] as const) : []),
    ...(unhealthy ? (['unhealthy'] as const) : [])
  ])
}

/** Makes the part of the record about one rotation. */
export function recordRotation(rotation: Rotation, run: RotationRun): RotationRecord {
  const { outcome, log, observation } = run
  const credentials = rotation.credentials.map((credential) =>
    recordCredential(
      run,
      credential,
      observation?.credentials.find((observed) => observed.credential === credential)
    )
  )
  const nextDue = nextDueAfter(rotation, run)
  return {
    name: rotation.name,
    outcome,
    reason: [...reasonsOf(run)],
    nextDue: nextDue === undefined ? null : formatInstant(nextDue),
    safeUntil: safeUntil(credentials),
    plan: outcome === 'planned' ? recordPlan(rotation, run) : null,
    credentials,
    destinations: rotation.destinations.map((destination) => recordDestination(log, destination)),
    steps: log.steps.map(({ name, startedAt, endedAt, status }) => ({
      name,
      startedAt: new Date(startedAt).toISOString(),
      endedAt: new Date(endedAt).toISOString(),
      status
    })),
    rollout: log.gates.map(({ gate, state, url, ms }) => ({
      ...{ gate, state },
      url: url ?? null,
      seconds: Math.round(ms / 1000)
    })),
    undone: log.reverted,
    left: log.unresolved,
    warnings: log.warnings,
    error: run.error === undefined ? null : recordFailure(run.error)
  }
}

/** Computes when the rotation is due next, in milliseconds, from what PRIMARY holds now. */
function nextDueAfter(
  rotation: Rotation,
  { outcome, log, observation, primaries }: RotationRun
): number | undefined {
  const issued = rotation.credentials.map((credential) => {
    const created = outcome === 'rotated' ? log.created.get(credential) : undefined
    const observed = observation?.credentials.find((one) => one.credential === credential)
    const now = primaries?.get(credential)
    if (now !== undefined) return observed?.objects.find(({ id }) => id === now)?.issuedAt
    return (
      created?.object.issuedAt ??
      created?.object.managed?.stampedAt ??
      (observed && findPrimaryObject(observed)?.issuedAt)
    )
  })
  return findNextDue(rotation, issued)
}

/** Lists why it was due, why it was stale, or who held the lock. */
function reasonsOf({ plan, lockedBy, reason }: RotationRun): readonly string[] {
  if (lockedBy !== undefined) return [`Held by ${lockedBy}.`]
  if (reason !== undefined) return reason
  if (plan?.decision === 'stale') return [plan.reason]
  return plan?.decision === 'rotate' ? plan.reason.map(({ message }) => message) : []
}

function recordDestination(log: RunLog, destination: Destination): RotationRecord['destinations'][number] {
  return {
    label: destination.label,
    type: destination.type,
    writes: log.writes
      .filter((one) => one.destination === destination)
      .map(({ purpose, outcome: { write, effect }, confirmation }) => ({
        secret: write.secret,
        slot: write.slot,
        purpose,
        holds: write.holds,
        effect,
        confirmed: confirmation?.state ?? 'not-asked'
      }))
  }
}

/** Finds the earliest end among the credentials; each lasts until the later of its slots expires. */
function safeUntil(credentials: readonly CredentialRecord[]): string | null {
  const ends = credentials.map(({ slots }) => {
    const known = [slots.primary, slots.secondary].flatMap((slot) =>
      slot?.state === 'working' && slot.expiresAt !== null ? [slot.expiresAt] : []
    )
    return known.sort().at(-1)
  })
  return ends.filter((end) => end !== undefined).sort()[0] ?? null
}
