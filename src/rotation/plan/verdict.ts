import { RotationError } from '../../kernel/error.ts'
import {
  idOf,
  reportedIds,
  slotOf,
  type Observation,
  type ObservedCredential
} from '../model/observed-credential.ts'
import type { CredentialObject, Slot, SlotReading } from '../model/ports.ts'
import { isOwn, type Rotation } from '../model/rotation.ts'

/** What a slot's verdict is held against. */
export interface VerdictInput {
  readonly rotation: Pick<Rotation, 'name' | 'home'>
  readonly observation: Pick<Observation, 'destinations'>
}

/**
 * Holds each verdict on PRIMARY against Cloudflare's list. A value that was refused although the list has an active object that PRIMARY may hold is
 * not dead: the answer or the value is wrong, and which of them is not known.
 */
export function settleVerdicts(rotation: VerdictInput['rotation'], observation: Observation): Observation {
  const credentials = observation.credentials.map((observed): ObservedCredential => {
    const { reading } = observed.primary
    if (reading.state !== 'refused') return observed
    const [alive] = findPossiblyHeld({ rotation, observation }, observed, 'primary')
    if (alive === undefined) return observed
    return { ...observed, primary: { ...observed.primary, reading: contradicted(observed, reading, alive) } }
  })
  return { ...observation, credentials }
}

/**
 * The active objects that a slot may hold although its value does not tell: none where it does tell and Cloudflare's list agrees. Where a destination
 * says what the slot holds, that alone; otherwise every object of the rotation that no other slot is known to hold.
 */
export function findPossiblyHeld(
  { rotation, observation }: VerdictInput,
  observed: ObservedCredential,
  slot: Slot
): readonly CredentialObject[] {
  const { credential, objects } = observed
  const reading = slotOf(observed, slot)?.reading
  if (reading?.state !== 'refused' && reading?.state !== 'unreadable' && reading?.state !== 'rejected')
    return []
  const active = objects.filter(({ status }) => status === 'active')
  if (reading.state !== 'unreadable' && reading.id !== undefined) {
    return active.filter(({ id }) => id === reading.id)
  }
  const reported = reportedIds(observation.destinations, credential, slot)
  if (reported.size > 0) return active.filter(({ id }) => reported.has(id))
  const held = new Set([idOf(observed.primary.reading), idOf(observed.secondary?.reading)])
  return active.filter(
    (object) =>
      isOwn(rotation, credential.name, object) && object.managed?.retired !== true && !held.has(object.id)
  )
}

function contradicted(
  { credential }: ObservedCredential,
  { reason }: Extract<SlotReading, { state: 'refused' }>,
  alive: CredentialObject
): SlotReading {
  const names = credential.fields.map(({ primary }) => `$${primary}`).join(', ')
  return {
    state: 'unreadable',
    error: new RotationError(
      'not-verified',
      `${credential.name}: Cloudflare refused the value in PRIMARY (${reason}), but lists ${alive.id}, which PRIMARY may hold, as active.`,
      {
        hint: `Check that ${names} holds the whole value. If ${alive.id} is not in use, delete it in the Cloudflare dashboard, and run again.`
      }
    )
  }
}
