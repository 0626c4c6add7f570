import type { Configuration } from './configuration.ts'
import { keyedKindOf, kindOf, type Kinds } from './kinds.ts'
import { credentialsOf, namesAt, rotationsOf, type PlacedCredential, type PlacedRotation } from './walk.ts'

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
    (probe) => keyedKindOf(probes, probe).provesRevocation === true
  )
  const situation = { every: rotation.every, event, provesRevocation }
  const warnings = kindOf(credentials, credential).findWarnings?.(credential, situation) ?? []
  return warnings.map((warning) => `${path}.${warning.path}: ${warning.message}`)
}

function feedWarnings(
  { rotation, path }: PlacedRotation,
  kinds: Kinds,
  repository: string
): readonly string[] {
  const given = rotation.credentials.filter(({ current }) => current !== 'unknown')
  if (given.length === 0) return []
  const feeding = rotation.destinations.filter((destination) => {
    const kind = kindOf(kinds.destinations, destination)
    return kind.mayFeedRuns === true || (kind.findFeeds?.(destination, repository) ?? []).length > 0
  })
  if (feeding.length === 0) {
    return [
      `${path}.destinations: none of them is a GitHub secret of ${repository} or its organization, so the next run would still be given the old ` +
        'values: a Secrets Store cannot be read through the API.'
    ]
  }
  const unfed = given
    .flatMap(({ secrets }) => Object.values(secrets).map(({ primary }) => primary))
    .filter((name) => feeding.every((destination) => namesAt(destination, name).length === 0))
  if (unfed.length === 0) return []
  return [
    `${path}.destinations: ${unfed.join(', ')} ${unfed.length === 1 ? 'is' : 'are'} not written to a GitHub secret of ${repository} or its ` +
      'organization, so the next run would still be given the old values.'
  ]
}
