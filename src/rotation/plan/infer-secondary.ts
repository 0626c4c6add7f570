import { withoutUndefined } from '../../kernel/optional.ts'
import {
  findPrimaryObject,
  managedObjects,
  reportedIds,
  type Observation,
  type ObservedCredential
} from '../model/observed-credential.ts'
import type { CredentialObject } from '../model/ports.ts'
import type { Rotation, RotationContext } from '../model/rotation.ts'

/**
 * Infers what SECONDARY holds without using it: the object that a destination reports, or else the newest object of this rotation that was created
 * before PRIMARY. A use would look like a consumer's to the next rotation, which would then keep the credential.
 */
export function inferSecondary({ rotation }: RotationContext, observation: Observation): Observation {
  const credentials = observation.credentials.map((observed): ObservedCredential => {
    const { secondary } = observed
    if (secondary?.reading.state !== 'unread') return observed
    const object = findInferredSecondary(observed, observation, rotation)
    if (object?.status !== 'active') return observed
    const { id, expiresAt } = object
    return {
      ...observed,
      secondary: {
        values: secondary.values,
        reading: withoutUndefined({ state: 'working' as const, id, expiresAt })
      }
    }
  })
  return { ...observation, credentials }
}

/** Finds the object that SECONDARY presumably holds; undefined where nothing tells. */
export function findInferredSecondary(
  observed: ObservedCredential,
  { destinations }: Pick<Observation, 'destinations'>,
  rotation: Pick<Rotation, 'name' | 'home'>
): CredentialObject | undefined {
  const { credential, objects } = observed
  const [reported] = reportedIds(destinations, credential, 'secondary')
  if (reported !== undefined) return objects.find(({ id }) => id === reported)
  const primary = findPrimaryObject(observed)
  const promotedAt = primary?.issuedAt
  if (promotedAt === undefined) return undefined
  return managedObjects(observed, rotation)
    .filter(
      ({ id, issuedAt, managed }) =>
        id !== primary?.id && managed?.retired !== true && issuedAt !== undefined && issuedAt <= promotedAt
    )
    .sort((a, b) => (b.issuedAt ?? 0) - (a.issuedAt ?? 0))[0]
}
