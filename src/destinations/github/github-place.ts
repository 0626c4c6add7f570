import {
  STORE_SUFFIX,
  environmentScope,
  organizationScope,
  repositoryScope,
  unreachableScope,
  type SecretScope,
  type SecretStore
} from '../../github/secret-scope.ts'
import type { GitHubClient } from '../../github/client.ts'
import { isSameName, parseRepository } from '../../kernel/repository.ts'

/** The keys of a destination of type `github-secret` that say where it is. */
export interface PlacesConfiguration {
  readonly repository?: string | undefined
  readonly repositories?: readonly string[] | undefined
  readonly environment?: string | undefined
  readonly environments?: readonly string[] | undefined
  readonly organization?: string | undefined
  readonly stores: readonly SecretStore[]
}

/** One store of secrets: an organization's, or that of a repository or of one of its environments. */
export type GitHubPlace =
  | { readonly organization: string; readonly store: SecretStore }
  | { readonly repository: string; readonly environment?: string; readonly store: SecretStore }

/** Lists the places of a destination. Only Actions has environments: the other stores are the repository's. */
export function placesOf(configuration: PlacesConfiguration): readonly GitHubPlace[] {
  const {
    repository,
    repositories = [],
    environment,
    environments = [],
    organization,
    stores
  } = configuration
  if (organization !== undefined) return stores.map((store) => ({ organization, store }))
  const all = [repository ?? [], repositories].flat()
  const within = [environment ?? [], environments].flat()
  return all.flatMap((repository) =>
    stores.flatMap((store): GitHubPlace[] =>
      store === 'actions' && within.length > 0
        ? within.map((environment) => ({ repository, environment, store }))
        : [{ repository, store }]
    )
  )
}

/**
 * Names a place that gives the next run its environment, as `owner/name`, `owner/name/environment` or `owner/name@organization`; undefined for any other.
 * @param ofRun `owner/name` of the run
 */
export function findFeed(place: GitHubPlace, ofRun: string): string | undefined {
  if (place.store !== 'actions') return undefined
  if ('organization' in place) {
    const { organization } = place
    return isSameName(organization, parseRepository(ofRun).owner) ? `${ofRun}@${organization}` : undefined
  }
  const { repository, environment } = place
  if (!isSameName(repository, ofRun)) return undefined
  return environment === undefined ? ofRun : `${ofRun}/${environment}`
}

/** The scope of a place; without a client it fails whenever it is used. */
export function createScope(place: GitHubPlace, client: GitHubClient | undefined): SecretScope {
  if (client === undefined) return unreachableScope(formatPlace(place))
  const { store } = place
  if ('organization' in place) return organizationScope(client, place.organization, store)
  const { repository, environment } = place
  return environment === undefined
    ? repositoryScope(client, repository, store)
    : environmentScope(client, repository, environment)
}

/** Names a place in messages, e.g. `octo-org/site, environment production`. */
export function formatPlace(place: GitHubPlace): string {
  const store = STORE_SUFFIX[place.store]
  if ('organization' in place) return `organization ${place.organization}${store}`
  const { repository, environment } = place
  return `${repository}${environment === undefined ? '' : `, environment ${environment}`}${store}`
}
