import type { RotationConfiguration } from '../config/configuration.ts'
import { keyedKindOf, kindOf } from '../config/kinds.ts'
import { credentialsOf, namesAt, slotsOf } from '../config/walk.ts'
import type { Configuration } from '../config/configuration.ts'
import { kinds } from './kinds.ts'

/** Parts of a rotation that are at GitHub. */
export type OnGithub = Pick<RotationConfiguration, 'destinations'> & {
  readonly gates: RotationConfiguration['rollout']
}

/** Finds the parts of a rotation that a run without GitHub leaves out. */
export function findOnGithub({
  destinations,
  rollout
}: Pick<RotationConfiguration, 'destinations' | 'rollout'>): OnGithub {
  return {
    destinations: destinations.filter(
      (one) => kindOf(kinds.destinations, one).needsGithubSecretsToken === true
    ),
    gates: rollout.filter((gate) => keyedKindOf(kinds.gates, gate).needsGithub === true)
  }
}

/** Finds the reason for which a command cannot run a rotation without GitHub, as the end of a sentence; undefined where it can. */
export function findNeedOfGithub(
  configuration: Configuration,
  rotation: RotationConfiguration,
  { contain }: { readonly contain: boolean }
): string | undefined {
  const { destinations, gates } = findOnGithub(rotation)
  if (destinations.length === 0 && gates.length === 0) return undefined
  const names = credentialsOf(configuration, [rotation])
    .flatMap(slotsOf)
    .map(({ name }) => name)
  const rest = rotation.destinations.filter((one) => !destinations.includes(one))
  const homeless = names.find((name) => rest.every((destination) => namesAt(destination, name).length === 0))
  if (homeless !== undefined) return `${homeless} is written to GitHub only`
  if (contain && destinations.length > 0)
    return 'GitHub would still hold what `contain` revokes, and its next run could not repair that'
  const inPlace = rotation.credentials.find(
    (one) => kindOf(kinds.credentials, one).endsPrevious?.(one) === true
  )
  return inPlace === undefined
    ? undefined
    : `${inPlace.name} gets its new secret in place, and GitHub would keep a previous one that ends`
}
