import { formatInstant } from '../../kernel/clock.ts'
import { RotationError } from '../../kernel/error.ts'
import { withoutUndefined } from '../../kernel/optional.ts'
import type { Observation, ObservedSlot } from '../model/observed-credential.ts'
import type { CredentialObject, CredentialPort } from '../model/ports.ts'
import { isOwn, type Rotation } from '../model/rotation.ts'

/** Promotions that may fail in a row before the next try waits: each leaves a credential that may be in a slot. */
const PROMPT_TRIES = 10
/** How long the next try waits after that, in milliseconds. */
const RETRY_AFTER_MS = 24 * 3_600_000

type RotationName = Pick<Rotation, 'name' | 'home'>

/**
 * Reads PRIMARY from names, where the run is not given its value. A new object is named pending until its promotion is complete, and its predecessors
 * are gone or named retired by then. So one active object without such a mark is the current one; anything else shows a promotion that is not complete,
 * and nothing tells which object each destination holds.
 */
export function readJournal(
  rotation: RotationName,
  credential: CredentialPort,
  objects: readonly CredentialObject[]
): ObservedSlot {
  const candidates = findCandidates(rotation, credential, objects)
  const active = candidates.filter(({ status }) => status === 'active')
  const [current, ...others] = active
  if (current === undefined) return { values: undefined, reading: readInactive(candidates) }
  if (others.length === 0 && current.managed?.pending !== true) {
    const { id, expiresAt } = current
    return { values: undefined, reading: withoutUndefined({ state: 'working' as const, id, expiresAt }) }
  }
  const ids = active.map(({ id }) => id).join(', ')
  const reason = `the last promotion is not complete, and a PRIMARY may hold ${ids}`
  return { values: undefined, reading: { state: 'unknown', reason } }
}

/** Finds the object whose permissions a new one copies, where the values do not tell it: the newest that certainly was current, or else the newest. */
export function findModel(
  rotation: RotationName,
  credential: CredentialPort,
  objects: readonly CredentialObject[]
): CredentialObject | undefined {
  const candidates = findCandidates(rotation, credential, objects)
  return newest(candidates.filter(({ managed }) => managed?.pending !== true)) ?? newest(candidates)
}

/** Objects that PRIMARY may hold: those of this credential that are not retired, and the one that is to be adopted. */
function findCandidates(
  rotation: RotationName,
  credential: CredentialPort,
  objects: readonly CredentialObject[]
): readonly CredentialObject[] {
  return objects.filter(
    (object) =>
      isToBeAdopted(credential, object) ||
      (isOwn(rotation, credential.name, object) && object.managed?.retired !== true)
  )
}

/** Whether an object was created by hand and is named by `adopt`. */
export function isToBeAdopted({ adopt }: CredentialPort, { id, managed }: CredentialObject): boolean {
  return adopt === id && managed === undefined
}

function readInactive(candidates: readonly CredentialObject[]): ObservedSlot['reading'] {
  const last = newest(candidates)
  return last === undefined
    ? { state: 'missing' }
    : { state: 'refused', id: last.id, reason: `its status is ${last.status}` }
}

function newest(objects: readonly CredentialObject[]): CredentialObject | undefined {
  return [...objects].sort((a, b) => (b.issuedAt ?? 0) - (a.issuedAt ?? 0))[0]
}

/**
 * Finds what is wrong with the `adopt` of a credential: once there is an object of its own, it may name one that is gone.
 */
export function findAdoptProblem(
  rotation: RotationName,
  { credentials }: Pick<Observation, 'credentials'>
): RotationError | undefined {
  for (const { credential, objects } of credentials) {
    const { adopt, name, type } = credential
    if (adopt === undefined) continue
    const named = objects.find(({ id }) => id === adopt)
    if (named === undefined) {
      if (objects.some((object) => isOwn(rotation, name, object))) continue
      return new RotationError(
        'bad-input',
        `${name}: \`adopt\` names ${adopt}, and Cloudflare lists no ${type} with that id.`,
        {
          hint: 'Copy the id of the token in use, not its value; or remove `adopt` and state `permissions`. Nothing was changed.'
        }
      )
    }
    if (named.managed === undefined || isOwn(rotation, name, named)) continue
    const { home, rotation: other, credential: owner } = named.managed
    return new RotationError(
      'bad-input',
      `${name}: \`adopt\` names ${adopt} (${named.name}), which belongs to ${owner} of rotation ${other} of the home ${home}; this one is ${rotation.home.id}.`,
      {
        hint:
          other === rotation.name && owner === name
            ? `If this rotation moved here and no longer runs there, set \`home: ${home}\` at the top of the configuration and remove \`adopt\`. Nothing was changed.`
            : 'Name a token that no rotation manages. Nothing was changed.'
      }
    )
  }
  return undefined
}

/** Whether promotions of a credential failed so often that the next try waits. @throws RotationError `not-confirmed` */
export function requireTry(
  rotation: RotationName,
  { credentials }: Pick<Observation, 'credentials'>,
  now: number
): void {
  for (const { credential, objects } of credentials) {
    if (credential.current === 'given') continue
    const pending = findCandidates(rotation, credential, objects).filter(
      ({ managed, status }) => managed?.pending === true && status === 'active'
    )
    const last = newest(pending)?.issuedAt
    if (pending.length < PROMPT_TRIES || last === undefined || now - last >= RETRY_AFTER_MS) continue
    throw new RotationError(
      'not-confirmed',
      `${credential.name}: ${pending.length} promotions in a row are not complete, and their credentials remain valid. The next try is at ${formatInstant(last + RETRY_AFTER_MS)}.`,
      {
        hint: 'Fix what the runs before have reported, then run with `force: true`. Nothing was changed.'
      }
    )
  }
}
