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

/** Input that a slot's verdict is checked against. */
export interface VerdictInput {
  readonly rotation: Pick<Rotation, 'name' | 'home'>
  readonly observation: Pick<Observation, 'destinations'>
}

/**
 * Checks each verdict on PRIMARY against Cloudflare's list. A refused value does not count as revoked while the list has an active object that
 * PRIMARY may hold: either the answer or the value is wrong, and it is not known which.
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
 * Finds the active objects that a slot may hold: none where the value identifies its object and Cloudflare's list agrees. Where a destination reports
 * what the slot holds, only that; otherwise every object of the rotation that no other slot is known to hold.
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
