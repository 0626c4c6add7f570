import { RotationError } from '../../kernel/error.ts'
import { findHeldObject, type Observation, type ObservedCredential } from '../model/observed-credential.ts'
import type { CredentialObject, Slot } from '../model/ports.ts'
import { secretName, type Rotation } from '../model/rotation.ts'

/** Finds other homes that have credentials of the same names in the account, as a sentence for each credential. */
export function findOtherHomes({ name, home }: Rotation, { credentials }: Observation): readonly string[] {
  return credentials.flatMap(({ credential, objects }) => {
    const others = objects.filter(
      ({ managed, status }) =>
        managed?.rotation === name &&
        managed.credential === credential.name &&
        status === 'active' &&
        !home.own.has(managed.home)
    )
    if (others.length === 0) return []
    const homes = [...new Set(others.flatMap(({ managed }) => managed?.home ?? []))].join(', ')
    return [
      `${credential.name}: ${others.length} active credentials of the same name belong to another home, ${homes}: another repository or environment rotates them, and they are left alone. This home is ${home.id}.`
    ]
  })
}

/** Finds the secrets of a destination that another home wrote last, as sentences. */
export function findSharedSecrets({ destinations }: Observation): readonly string[] {
  return destinations.flatMap(({ destination, entries }) => {
    const shared = [...entries.values()].filter(({ otherHome }) => otherHome !== undefined)
    const [first] = shared
    if (first === undefined) return []
    const names = shared.map(({ secret }) => secret).join(', ')
    return [
      `${destination.label}: ${names} ${shared.length === 1 ? 'was' : 'were'} written last by another home, ${first.otherHome}: two rotations write the same secrets, and their consumers get whichever was written last.`
    ]
  })
}

/** Object that a slot holds, with the variable that its value came from. */
interface Held {
  readonly observed: ObservedCredential
  readonly slot: Slot
  readonly variable: string
  readonly object: CredentialObject
}

/**
 * Refuses slots that hold a credential of another slot or rotation, e.g. where two lines of `env` are swapped: a rotation would write one credential
 * into the slots of the other. Uses Cloudflare's list only, so no values are compared.
 * @throws RotationError `bad-input`
 */
export function refuseMisplaced(rotation: Rotation, { credentials }: Observation): void {
  const held = credentials.flatMap(heldObjects)
  for (const one of held) {
    const problem = findProblem(rotation, one)
    if (problem !== undefined) throw problem
  }
  for (const one of held) {
    const other = held.find(
      ({ object, observed }) => object.id === one.object.id && observed.credential !== one.observed.credential
    )
    if (other === undefined) continue
    throw new RotationError(
      'bad-input',
      `$${one.variable} and $${other.variable} hold the same credential ${one.object.id}: ${one.observed.credential.name} and ${other.observed.credential.name} need one each.`,
      { hint: 'Check the lines of `env` and the secrets that they read. Nothing was changed.' }
    )
  }
}

function heldObjects(observed: ObservedCredential): readonly Held[] {
  return (['primary', 'secondary'] as const).flatMap((slot): Held[] => {
    const object = findHeldObject(observed, slot)
    const [field] = observed.credential.fields
    const variable = field === undefined ? undefined : secretName(field, slot)
    return object === undefined || variable === undefined ? [] : [{ observed, slot, variable, object }]
  })
}

function findProblem(
  { name, home }: Rotation,
  { observed, slot, variable, object }: Held
): RotationError | undefined {
  const { managed } = object
  if (managed === undefined) return undefined
  const { credential } = observed
  if (!home.own.has(managed.home)) {
    // A credential that another home no longer uses may still be this one's fallback: it is left alone until it leaves the slot.
    if (slot === 'secondary') return undefined
    return new RotationError(
      'bad-input',
      `$${variable} holds ${object.id} (${object.name}), which another repository or environment rotates: its home is ${managed.home}, this one is ${home.id}.`,
      {
        hint: `If this rotation moved here and no longer runs there, set \`home: ${managed.home}\` at the top of the configuration. Otherwise give it a credential of its own. Nothing was changed.`
      }
    )
  }
  if (managed.rotation === name && managed.credential === credential.name) return undefined
  return new RotationError(
    'bad-input',
    `$${variable} holds ${object.id}, which belongs to ${managed.credential} of rotation ${managed.rotation}, not to ${credential.name} of ${name}.`,
    {
      hint: 'Check whether two lines of `env` are swapped. If the rotation was renamed, give the credential a name of your own in the Cloudflare dashboard: the next rotation adopts it. Nothing was changed.'
    }
  )
}
