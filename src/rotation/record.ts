import { formatInstant } from './clock.ts'
import { findNextDue, findPrimaryObject } from './due.ts'
import type { RotationError } from './error.ts'
import type { Ledger } from './ledger.ts'
import { fit } from './fit-record.ts'
import { recordPlan } from './record-plan.ts'
import type { ObservedCredential, ObservedSlot } from './observe.ts'
import { sortFindings } from './finding.ts'
import { worstOutcome, type Outcome } from './outcome.ts'
import type { RotationRun } from './rotation-run.ts'
import type { CredentialPort } from './ports.ts'
import type {
  CredentialRecord,
  FailureRecord,
  FindingRecord,
  RotationRecord,
  RunRecord
} from './record-schema.ts'
import { hasTwoSlots, type Rotation } from './rotation.ts'

/** What a run's record says besides its rotations. */
export interface RunFacts {
  readonly command: string
  readonly run: RunRecord['run']
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly endedAt: number
  readonly warnings: readonly string[]
  /** What a check found, of the rotations and of everything else. */
  readonly findings?: readonly FindingRecord[]
  /** What failed before any rotation began. */
  readonly error?: RotationError
}

/**
 * Makes the record of a run. Every text in it passes `redact`, since texts come back from APIs and processes; what does not fit is left out and
 * said to be.
 */
export function makeRecord(
  facts: RunFacts,
  rotations: readonly RotationRecord[],
  redact: (text: string) => string
): RunRecord {
  const record: RunRecord = {
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
  return fit(redactAll(record, redact))
}

function worstOf({ findings = [] }: RunFacts, rotations: readonly RotationRecord[]): Outcome {
  const unhealthy = findings.some(({ severity }) => severity === 'error')
  return worstOutcome([
    ...rotations.map(({ outcome }) => outcome),
    ...(unhealthy ? (['unhealthy'] as const) : [])
  ])
}

/** Makes the part of the record about one rotation. */
export function recordRotation(
  rotation: Rotation,
  run: RotationRun,
  { exposed }: { readonly exposed: boolean } = { exposed: false }
): RotationRecord {
  const { outcome, ledger, observation, plan } = run
  const credentials = rotation.credentials.map((credential) =>
    recordCredential(
      run,
      credential,
      observation?.credentials.find((observed) => observed.credential === credential)
    )
  )
  const issued = rotation.credentials.map((credential) => {
    const created = outcome === 'rotated' ? ledger.created.get(credential) : undefined
    const observed = observation?.credentials.find((one) => one.credential === credential)
    const now = run.primaries?.get(credential)
    if (now !== undefined) return observed?.objects.find(({ id }) => id === now)?.issuedAt
    return (
      created?.object.issuedAt ??
      created?.object.managed?.stampedAt ??
      (observed && findPrimaryObject(observed)?.issuedAt)
    )
  })
  const nextDue = findNextDue(rotation, issued)
  return {
    name: rotation.name,
    outcome,
    because:
      plan?.decision === 'rotate'
        ? plan.because.map(({ message }) => message)
        : plan?.decision === 'stale'
          ? [plan.because]
          : run.lockedBy === undefined
            ? [...(run.because ?? [])]
            : [`Held by ${run.lockedBy}.`],
    nextDue: nextDue === undefined ? null : formatInstant(nextDue),
    safeUntil: safeUntil(credentials),
    plan: outcome === 'planned' ? recordPlan(rotation, run, { exposed }) : null,
    credentials,
    destinations: rotation.destinations.map((destination) => ({
      label: destination.label,
      type: destination.type,
      writes: ledger.writes
        .filter((one) => one.destination === destination)
        .map(({ purpose, outcome: { write, effect }, confirmation }) => ({
          secret: write.secret,
          slot: write.slot,
          purpose,
          holds: write.holds,
          effect,
          confirmed: confirmation?.state ?? 'not-asked'
        }))
    })),
    steps: ledger.steps.map(({ name, startedAt, endedAt, status }) => ({
      name,
      startedAt: new Date(startedAt).toISOString(),
      endedAt: new Date(endedAt).toISOString(),
      status
    })),
    undone: ledger.undone,
    left: ledger.left,
    warnings: ledger.warnings,
    error: run.error === undefined ? null : recordFailure(run.error)
  }
}

/** The part of a record that says what failed. */
export function recordFailure(error: RotationError): FailureRecord {
  const { code, message, hint, call } = error
  return {
    code,
    message,
    hint: hint ?? null,
    call:
      call === undefined
        ? null
        : { method: call.method, path: call.path, status: call.status ?? null, apiCode: call.apiCode ?? null }
  }
}

function recordCredential(
  run: RotationRun,
  credential: CredentialPort,
  observed: ObservedCredential | undefined
): CredentialRecord {
  const { ledger } = run
  const startedAt = run.observation?.startedAt ?? 0
  const created = ledger.created.get(credential)
  const old = observed === undefined ? undefined : findPrimaryObject(observed)
  return {
    name: credential.name,
    type: credential.type,
    old:
      old === undefined
        ? null
        : {
            id: old.id,
            clientId: old.publicId ?? null,
            issuedAt: orNull(old.issuedAt),
            expiresAt: orNull(old.expiresAt)
          },
    new:
      created === undefined
        ? null
        : {
            id: created.object.id,
            clientId: created.object.publicId ?? null,
            name: created.object.name,
            expiresAt: orNull(created.object.expiresAt)
          },
    slots: {
      primary: slotAfter(ledger, credential, observed?.primary, 'primary'),
      secondary:
        observed?.secondary === undefined && !hasTwoSlots(credential)
          ? null
          : slotAfter(ledger, credential, observed?.secondary, 'secondary')
    },
    probes: ledger.probes
      .filter((probe) => probe.credential === credential)
      .map(({ of, evidence: { label, verdict, detail } }) => ({ label, of, verdict, detail })),
    revoked: ledger.revoked
      .filter((one) => one.credential === credential)
      .map(({ revocation, at }) => ({
        id: revocation.object.id,
        because: revocation.because,
        at: formatInstant(at),
        livedSeconds: Math.max(0, Math.round((at - startedAt) / 100) / 10)
      })),
    kept: ledger.kept
      .filter((one) => one.credential === credential)
      .map(({ kept }) => ({ id: kept.object.id, because: kept.because }))
  }
}

type SlotRecord = CredentialRecord['slots']['primary']

/** What a slot holds at the end: what was last written to it everywhere, or what it held before. */
function slotAfter(
  ledger: Ledger,
  credential: CredentialPort,
  before: ObservedSlot | undefined,
  slot: 'primary' | 'secondary'
): SlotRecord {
  const writes = ledger.writes.filter(
    (one) => one.credential === credential && one.outcome.write.slot === slot
  )
  const last = new Map(writes.map((one) => [`${one.destination.label} ${one.outcome.write.secret}`, one]))
  const applied = [...last.values()].filter(({ outcome }) => outcome.effect !== 'not-applied')
  const [first] = applied
  if (first === undefined) return slotBefore(before)
  const { holds, expiresAt } = first.outcome.write
  const sure =
    applied.length === last.size &&
    applied.every(({ outcome }) => outcome.effect === 'applied' && outcome.write.holds === holds)
  if (!sure) return { id: null, state: 'uncertain', expiresAt: null }
  return { id: holds, state: 'working', expiresAt: orNull(expiresAt) }
}

function slotBefore(before: ObservedSlot | undefined): SlotRecord {
  // What could not be observed is not in doubt: nothing was written to it.
  if (before === undefined) return { id: null, state: 'unread', expiresAt: null }
  const { reading } = before
  switch (reading.state) {
    case 'working':
      return { id: reading.id, state: 'working', expiresAt: orNull(reading.expiresAt) }
    case 'refused':
    case 'rejected':
      return { id: reading.id ?? null, state: reading.state, expiresAt: null }
    case 'missing':
    case 'unread':
      return { id: null, state: reading.state, expiresAt: null }
    default:
      return { id: null, state: 'uncertain', expiresAt: null }
  }
}

/** The earliest end among the credentials, each being good until the later of its slots ends. */
function safeUntil(credentials: readonly CredentialRecord[]): string | null {
  const ends = credentials.map(({ slots }) => {
    const known = [slots.primary, slots.secondary].flatMap((slot) =>
      slot?.state === 'working' && slot.expiresAt !== null ? [slot.expiresAt] : []
    )
    return known.sort().at(-1)
  })
  return ends.filter((end) => end !== undefined).sort()[0] ?? null
}

function orNull(ms: number | undefined): string | null {
  return ms === undefined ? null : formatInstant(ms)
}

function redactAll<T>(value: T, redact: (text: string) => string): T {
  if (typeof value === 'string') return redact(value) as T
  if (Array.isArray(value)) return value.map((item: unknown) => redactAll(item, redact)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, redactAll(inner as unknown, redact)])
  ) as T
}
