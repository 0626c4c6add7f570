import type { Configuration } from './configuration.ts'
import { kindOf, probeKindOf, type Kinds } from './kinds.ts'
import { credentialsOf, rotationsOf, type PlacedCredential, type PlacedRotation } from './walk.ts'

/** The run that a configuration is used in. */
export interface RunOfConfiguration {
  /** `owner/name` */
  readonly repository: string
  /** The event that started it, e.g. `schedule`. */
  readonly event: string
}

/** Finds settings that are allowed but likely to fail, each as a sentence that says where and why. */
export function findWarnings(
  configuration: Configuration,
  kinds: Kinds,
  { repository, event }: RunOfConfiguration
): readonly string[] {
  return [
    ...credentialsOf(configuration).flatMap((placed) => warningsOfKind(placed, kinds, event)),
    ...rotationsOf(configuration).flatMap((placed) => feedWarnings(placed, kinds, repository))
  ]
}

function warningsOfKind(
  { rotation, credential, path }: PlacedCredential,
  { credentials, probes }: Kinds,
  event: string
): readonly string[] {
  const provesRevocation = credential.verify.some(
    (probe) => probeKindOf(probes, probe).provesRevocation === true
  )
  const situation = { every: rotation.every, event, provesRevocation }
  const warnings = kindOf(credentials, credential).findWarnings?.(credential, situation) ?? []
  return warnings.map((warning) => `${path}.${warning.path}: ${warning.message}`)
}

function feedWarnings(
  { rotation: { destinations }, path }: PlacedRotation,
  kinds: Kinds,
  repository: string
): readonly string[] {
  const feeds = destinations.flatMap(
    (destination) => kindOf(kinds.destinations, destination).findFeeds?.(destination, repository) ?? []
  )
  if (feeds.length > 0) return []
  return [
    `${path}.destinations: none of them is a GitHub secret of ${repository} or its organization, so the next run would still be given the old ` +
      'values: a Secrets Store cannot be read through the API.'
  ]
}
