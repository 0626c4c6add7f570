import type { GithubState } from '../sandbox/github/state.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { commandKind } from '../src/destinations/command-kind.ts'
import { formatPlace, placesOf, type GitHubPlace } from '../src/destinations/github/github-place.ts'
import { githubSecretKind } from '../src/destinations/github-secret-kind.ts'
import { pagesSecretKind } from '../src/destinations/pages-secret-kind.ts'
import { secretsStoreKind } from '../src/destinations/secrets-store-kind.ts'
import { workerSecretKind } from '../src/destinations/worker-secret-kind.ts'
import type { KindDescriptor, TypedConfiguration } from '../src/kernel/kinds.ts'
import { commandStoreOf, findStoreName } from './command-stores.ts'
import { isOfKind } from './is-of-kind.ts'
import type { World } from './world.ts'

/** Secrets of a destination in plain text, by name. */
export type HeldSecrets = Readonly<Record<string, string>>

/** One of the places that a destination writes to. */
export interface HeldPlace {
  readonly label: string
  /** Returns what it holds now; nothing where a wrong configuration names a place that does not exist. */
  readonly read: () => HeldSecrets
  /** Whether its consumers keep older values: then only PRIMARY is certain to work. */
  readonly isLate?: true
}

/** Lists the places of a destination; undefined where it is of another kind. */
type DestinationReader = (
  sandbox: Sandbox,
  destination: TypedConfiguration
) => readonly HeldPlace[] | undefined

/** Readers of all kinds of destination. */
const READERS: readonly DestinationReader[] = [
  readerOf(secretsStoreKind, ({ cloudflare }, { type, 'store-id': id }) => [
    { label: type, read: () => cloudflare.secretsStores.values(id) }
  ]),
  readerOf(commandKind, (sandbox, { type, write }) => [
    { label: type, read: () => commandStoreOf(sandbox, findStoreName(write) ?? '').values }
  ]),
  readerOf(githubSecretKind, ({ github }, destination) =>
    placesOf(destination).map((place) => ({
      label: `${destination.type} of ${formatPlace(place)}`,
      read: () => readVault(github, place)
    }))
  ),
  readerOf(workerSecretKind, ({ cloudflare }, { type, script }) => [
    { label: `${type} of ${script}`, read: () => cloudflare.workers.values(script) }
  ]),
  readerOf(pagesSecretKind, ({ cloudflare: { pages } }, { type, project, environments }) =>
    environments.flatMap((of): readonly HeldPlace[] => {
      const next = (): HeldSecrets => pages.values(project, of)
      const deployed = (): HeldSecrets => pages.deployedValues(project, of) ?? next()
      return [
        { label: `${type} ${of}`, read: next },
        { label: `${type} ${of}, deployed`, read: deployed, isLate: true }
      ]
    })
  )
]

function readVault(github: GithubState, place: GitHubPlace): HeldSecrets {
  if ('organization' in place) return github.organization(place.organization).secrets[place.store].values
  const { repository, environment, store } = place
  return environment === undefined
    ? github.repository(repository).secrets[store].values
    : github.environmentSecrets(repository, environment)
}

function readerOf<C extends TypedConfiguration>(
  kind: KindDescriptor<C>,
  list: (sandbox: Sandbox, destination: C) => readonly HeldPlace[]
): DestinationReader {
  return (sandbox, destination) => (isOfKind(kind, destination) ? list(sandbox, destination) : undefined)
}

/** Lists the places that a destination writes to. */
export function placesAt({ sandbox }: World, destination: TypedConfiguration): readonly HeldPlace[] {
  for (const reader of READERS) {
    const places = reader(sandbox, destination)
    if (places !== undefined)
      return places.map(({ read, ...place }) => ({ ...place, read: () => readIfExisting(read) }))
  }
  throw new Error(`the destination ${destination.type} is not simulated yet`)
}

function readIfExisting(read: () => HeldSecrets): HeldSecrets {
  try {
    return read()
  } catch {
    return {}
  }
}
