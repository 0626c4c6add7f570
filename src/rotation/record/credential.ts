import { formatInstant } from '../../kernel/clock.ts'
import type { RunLog } from '../apply/run-log.ts'
import {
  findPrimaryObject,
  type ObservedCredential,
  type ObservedSlot
} from '../model/observed-credential.ts'
import type { CreatedCredential, CredentialPort } from '../model/ports.ts'
import type { CredentialRecord } from './schema.ts'
import type { RotationRun } from '../apply/run.ts'
import { hasTwoSlots } from '../model/rotation.ts'

/** Makes the part of a record about one credential. */
export function recordCredential(
  run: RotationRun,
  credential: CredentialPort,
  observed: ObservedCredential | undefined
): CredentialRecord {
  const { log } = run
  const startedAt = run.observation?.startedAt ?? 0
  return {
    name: credential.name,
    type: credential.type,
    old: recordOld(observed),
    new: recordNew(log.created.get(credential)),
    slots: {
      primary: slotAfter(log, credential, observed?.primary, 'primary'),
      secondary:
        observed?.secondary === undefined && !hasTwoSlots(credential)
          ? null
          : slotAfter(log, credential, observed?.secondary, 'secondary')
    },
    probes: log.probes
      .filter((probe) => probe.credential === credential)
      .map(({ of, evidence: { label, verdict, detail } }) => ({ label, of, verdict, detail })),
    revoked: log.revoked
      .filter((one) => one.credential === credential)
      .map(({ revocation, at }) => ({
        id: revocation.object.id,
        reason: revocation.reason,
        at: formatInstant(at),
        livedSeconds: Math.max(0, Math.round((at - startedAt) / 100) / 10)
      })),
    kept: log.retained
      .filter((one) => one.credential === credential)
      .map(({ kept }) => ({ id: kept.object.id, reason: kept.reason }))
  }
}

function recordOld(observed: ObservedCredential | undefined): CredentialRecord['old'] {
  const old = observed === undefined ? undefined : findPrimaryObject(observed)
  if (old === undefined) return null
  return {
    id: old.id,
    clientId: old.publicId ?? null,
    issuedAt: orNull(old.issuedAt),
    expiresAt: orNull(old.expiresAt)
  }
}

function recordNew(created: CreatedCredential | undefined): CredentialRecord['new'] {
  if (created === undefined) return null
  const { id, publicId, name, expiresAt } = created.object
  return { id, clientId: publicId ?? null, name, expiresAt: orNull(expiresAt) }
}

type SlotRecord = CredentialRecord['slots']['primary']

/** Records what a slot holds at the end: what was last written to it everywhere, or what it held before. */
function slotAfter(
  log: RunLog,
  credential: CredentialPort,
  before: ObservedSlot | undefined,
  slot: 'primary' | 'secondary'
): SlotRecord {
  const writes = log.writes.filter((one) => one.credential === credential && one.outcome.write.slot === slot)
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
  // A slot that could not be observed is not uncertain: nothing was written to it.
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

function orNull(ms: number | undefined): string | null {
  return ms === undefined ? null : formatInstant(ms)
}
