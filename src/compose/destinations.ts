import { listStoreSecrets } from '../cloudflare/lists.ts'
import type { DestinationConfiguration } from '../config/schema.ts'
import { feedsRepository } from '../config/feeds.ts'
import { GitHubSecret, readSnapshot } from '../destinations/github-secret.ts'
import { SecretsStore } from '../destinations/secrets-store.ts'
import { readNarrowerScopes } from '../github/narrower-scopes.ts'
import { RunsInFlight } from '../github/runs-in-flight.ts'
import {
  environmentScope,
  organizationScope,
  repositoryScope,
  unreachableScope,
  type SecretScope
} from '../github/secret-scope.ts'
import { isSameName } from '../kernel/repository.ts'
import type { Home } from '../rotation/model/managed-name.ts'
import type { Destination } from '../rotation/model/ports.ts'
import type { RunServices } from './services.ts'

/** Makes a destination. */
export function createDestination(
  services: RunServices,
  configuration: DestinationConfiguration,
  { home, waitForRuns }: { readonly home: Home; readonly waitForRuns: boolean }
): Destination {
  const { clock, random, run, cancelled, reporter } = services.dependencies
  if (configuration.type === 'secrets-store') {
    const account = services.account('secrets')
    const storeId = configuration['store-id']
    return new SecretsStore({
      account,
      storeId,
      scopes: configuration.scopes,
      home,
      runId: run.runId,
      secrets: () =>
        services.oncePerRun(`store ${storeId}`, () =>
          listStoreSecrets((request) => account.call(request), storeId)
        ),
      ...{ clock, random, cancelled },
      onWaiting: (message) => reporter.info(message)
    })
  }
  const scope = createScope(services, configuration)
  const narrower = findNarrowerScopes(services, configuration)
  return new GitHubSecret({
    scope,
    feedsNextRun: feedsRepository(configuration, run.repository),
    ...(waitForRuns
      ? { inFlight: createRunsInFlight(services, configuration.repository ?? run.repository) }
      : {}),
    ...(narrower === undefined ? {} : { narrower }),
    snapshot: () => services.oncePerRun(`scope ${scope.label}`, () => readSnapshot(scope)),
    warnOnce: (message) => services.warnOnce(message),
    clock
  })
}

/** The job's own token sees the runs of its repository; those of another one need the token that writes its secrets. */
function createRunsInFlight(services: RunServices, repository: string): RunsInFlight {
  const { run } = services.dependencies
  const own = isSameName(repository, run.repository)
  const clients = own ? [services.github, services.githubSecrets] : [services.githubSecrets, services.github]
  return new RunsInFlight({
    clients: clients.filter((client) => client !== undefined),
    repository,
    runId: run.runId
  })
}

/** The scopes whose secrets win over a destination's in a workflow, besides those that are destinations themselves. */
function findNarrowerScopes(
  services: RunServices,
  { repository, environment, organization }: Extract<DestinationConfiguration, { type: 'github-secret' }>
) {
  const client = services.githubSecrets
  if (environment !== undefined || client === undefined) return undefined
  const { configuration, run } = services.dependencies
  const destinations = configuration.rotations.flatMap((rotation) => rotation.destinations)
  return async (): Promise<readonly SecretScope[]> => {
    const scopes = await readNarrowerScopes(client, {
      of: organization === undefined ? 'repository' : 'organization',
      repository: repository ?? run.repository
    })
    const own = destinations.map((one) =>
      one.type === 'github-secret' ? createScope(services, one).label : ''
    )
    return scopes.filter(({ label }) => !own.includes(label))
  }
}

function createScope(
  services: RunServices,
  configuration: Extract<DestinationConfiguration, { type: 'github-secret' }>
): SecretScope {
  const { repository, environment, organization } = configuration
  const client = services.githubSecrets
  if (client === undefined) return unreachableScope(organization ?? repository ?? '')
  if (organization !== undefined) return organizationScope(client, organization)
  if (repository === undefined) throw new TypeError('A GitHub secret has a repository or an organization')
  return environment === undefined
    ? repositoryScope(client, repository)
    : environmentScope(client, repository, environment)
}
