import { withoutUndefined } from '../../kernel/optional.ts'
import { RotationError } from '../../kernel/error.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
import type { RunLog, LoggedWrite } from './run-log.ts'
import type { Destination, SlotWrite } from '../model/destination.ts'
import type { CredentialPort, FieldSlots, FieldValues, Slot } from '../model/ports.ts'
import { findSecretOf } from '../model/field-values.ts'
import { secretName, type Rotation } from '../model/rotation.ts'

/** Values of a credential to write into one slot of every destination. */
export interface SlotFill {
  readonly credential: CredentialPort
  readonly slot: Slot
  /** Left out, that of the request. */
  readonly purpose?: LoggedWrite['purpose']
  readonly values: FieldValues
  /** Id of the object that the values belong to. */
  readonly holds: string
  readonly expiresAt?: number | undefined
}

/** Input of {@link writeSlots}. */
export interface WriteRequest {
  readonly rotation: Rotation
  readonly log: RunLog
  readonly purpose: LoggedWrite['purpose']
  readonly fills: readonly SlotFill[]
  /** Fills for destinations where all of one write changes at the same moment. */
  readonly together?: readonly SlotFill[]
  /** Selects the secrets to write; left out, all are. */
  readonly only?: (destination: Destination, secret: string) => boolean
}

/** Writes the slots at every destination in parallel and records each write's outcome; throws nothing. */
export async function writeSlots(request: WriteRequest): Promise<readonly LoggedWrite[]> {
  const { rotation, log, purpose, fills, together = [], only } = request
  const destinations = rotation.destinations
    .map((destination) => {
      const own = destination.writesTogether === true ? [...together, ...fills] : fills
      const selected = writesAt(destination, own).filter(
        ([{ secret }]) => only === undefined || only(destination, secret)
      )
      return { destination, writes: new Map(selected) }
    })
    .filter(({ writes }) => writes.size > 0)
  if (destinations.length === 0) return []
  log.wrote = true
  const noted = await Promise.all(
    destinations.map(async ({ destination, writes }) => {
      const outcomes = await destination.write([...writes.keys()])
      return outcomes.map((outcome): LoggedWrite => {
        const fill = writes.get(outcome.write)
        if (fill === undefined) throw new TypeError(`Unknown write of ${outcome.write.secret}`)
        return { destination, credential: fill.credential, purpose: fill.purpose ?? purpose, outcome }
      })
    })
  )
  log.writes.push(...noted.flat())
  return noted.flat()
}

/** Finds the error of the first write that was not certainly applied; undefined when all were. */
export function findWriteError(writes: readonly LoggedWrite[]): RotationError | undefined {
  const failed = writes.find(({ outcome }) => outcome.effect !== 'applied')
  if (failed === undefined) return undefined
  const { error, write } = failed.outcome
  const context = `${failed.destination.label}: ${write.secret} could not be written`
  if (error === undefined) return new RotationError('not-confirmed', `${context}.`)
  return error.with({ message: `${context}: ${error.message}`, effect: failed.outcome.effect })
}

/** Reads the writes back at every destination, and records the results. */
export async function confirmWrites(writes: readonly LoggedWrite[]): Promise<void> {
  const byDestination = Map.groupBy(writes, ({ destination }) => destination)
  await allOrFirstError(
    [...byDestination].map(async ([destination, own]) => {
      const confirmations = await destination.confirm(own.map(({ outcome }) => outcome))
      own.forEach((write, index) => {
        write.confirmation = confirmations[index] ?? {
          state: 'unknown',
          error: new RotationError('bad-answer', 'No confirmation.')
        }
      })
    })
  )
}

/** Finds the error of the first write that is certainly not there, or that another writer has overwritten. */
export function findConfirmationError(writes: readonly LoggedWrite[]): RotationError | undefined {
  for (const { confirmation, destination, outcome } of writes) {
    if (confirmation?.state !== 'absent' && confirmation?.state !== 'overwritten') continue
    const message = `${destination.label}: ${outcome.write.secret} ${confirmation.reason}.`
    return confirmation.state === 'absent'
      ? new RotationError('not-confirmed', message, { hint: 'Run again; nothing was revoked.' })
      : new RotationError('lease-lost', message, {
          hint: 'Another run or person writes the same secret: give all runs of this rotation the same lock and concurrency group.'
        })
  }
  return undefined
}

/** Finds the reason for which the writes cannot be relied on yet, as a sentence; undefined when all are confirmed. */
export function findUnconfirmed(writes: readonly LoggedWrite[]): string | undefined {
  for (const { confirmation, destination, outcome } of writes) {
    if (confirmation?.state === 'confirmed') continue
    const { secret } = outcome.write
    if (confirmation?.state === 'pending') return `${destination.label}: ${secret} ${confirmation.reason}`
    const reason = confirmation?.state === 'unknown' ? `: ${confirmation.error.message}` : ''
    return `${destination.label}: it could not be confirmed that ${secret} holds the new value${reason}`
  }
  return undefined
}

/** The writes at a destination, each with what it is for. */
function writesAt(
  destination: Destination,
  fills: readonly SlotFill[]
): readonly (readonly [SlotWrite, SlotFill])[] {
  return fills.flatMap((fill) => writesOf(destination, fill).map((write) => [write, fill] as const))
}

function writesOf(destination: Destination, fill: SlotFill): readonly SlotWrite[] {
  const namesIn = (field: FieldSlots, slot: Slot): readonly string[] => {
    const variable = secretName(field, slot)
    return variable === undefined ? [] : destination.namesOf(variable)
  }
  return fill.credential.fields.flatMap((field): readonly SlotWrite[] => {
    const { slot, holds, expiresAt } = fill
    const value = findSecretOf(field, fill.values)
    if (value === undefined) return []
    const siblings = namesIn(field, slot === 'primary' ? 'secondary' : 'primary')
    return namesIn(field, slot).map((secret, index) => {
      const sibling = siblings[index] ?? siblings[0]
      return withoutUndefined({ secret, slot, value, holds, sibling, expiresAt })
    })
  })
}
