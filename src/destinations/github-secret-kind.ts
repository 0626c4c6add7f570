import * as v from 'valibot'
import type { GitHubServices } from '../github/client.ts'
import { readNarrowerScopes } from '../github/narrower-scopes.ts'
import { RunsInFlight } from '../github/runs-in-flight.ts'
import {
  environmentScope,
  organizationScope,
  repositoryScope,
  unreachableScope,
  type SecretScope
} from '../github/secret-scope.ts'
import { described, matching, repository } from '../kernel/fields.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import { isSameName, parseRepository } from '../kernel/repository.ts'
import type { DestinationKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { GitHubSecret, readSnapshot } from './github-secret.ts'

const schema = v.pipe(
  v.strictObject({
    type: v.literal('github-secret'),
    repository: described(v.optional(repository), 'The repository.'),
    environment: described(
      v.optional(
        matching(
          /^(?!\.{1,2}$)[ -~\u00a0-\uffff]{1,255}$/,
          'the name of an environment: 1 to 255 characters, no control characters, and neither . nor ..'
        )
      ),
      'An environment of the repository.'
    ),
    organization: described(
      v.optional(matching(/^[A-Za-z0-9-]+$/, 'the name of an organization')),
      'An organization, instead of a repository; secrets keep their visibility, new ones take that of their sibling slot, or private.'
    )
  }),
  v.check(
    (value) => (value.repository === undefined) !== (value.organization === undefined),
    'must have either a repository or an organization'
  ),
  v.check(
    (value) => value.environment === undefined || value.repository !== undefined,
    'has an environment, which needs a repository'
  )
)

type Configuration = v.InferOutput<typeof schema>
type Services = DriverServices & GitHubServices

/** Actions secrets of a repository, of one of its environments, or of an organization. */
export const githubSecretKind: DestinationKind<Configuration, Services> = {
  type: 'github-secret',
  schema,
  needsGithubSecretsToken: true,
  heldByRuns: true,
  findFeeds,
  create: (configuration, services, { waitForRuns, feedsNextRun, ofSameKind }) => {
    const scope = createScope(configuration, services)
    const of = configuration.repository ?? services.run.repository
    return new GitHubSecret({
      scope,
      feedsNextRun,
      ...withoutUndefined({
        inFlight: waitForRuns ? createRunsInFlight(of, services) : undefined,
        narrower: findNarrowerScopes(configuration, services, ofSameKind)
      }),
      snapshot: () => services.readOnce(`scope ${scope.label}`, () => readSnapshot(scope)),
      warnOnce: services.warnOnce,
      clock: services.clock
    })
  }
}

function findFeeds(
  { repository, environment, organization }: Configuration,
  ofRun: string
): readonly string[] {
  if (organization !== undefined)
    return isSameName(organization, parseRepository(ofRun).owner) ? [`${ofRun}@${organization}`] : []
  if (repository === undefined || !isSameName(repository, ofRun)) return []
  return [environment === undefined ? ofRun : `${ofRun}/${environment}`]
}

/** The job's own token sees the runs of its repository; those of another one need the token that writes its secrets. */
function createRunsInFlight(repository: string, { run, github, githubSecrets }: Services): RunsInFlight {
  const own = isSameName(repository, run.repository)
  const clients = own ? [github, githubSecrets] : [githubSecrets, github]
  return new RunsInFlight({
    clients: clients.filter((client) => client !== undefined),
    repository,
    runId: run.runId
  })
}

/** Finds the scopes whose secrets take precedence over a destination's in a workflow, without those that are destinations themselves. */
function findNarrowerScopes(
  { repository, environment, organization }: Configuration,
  services: Services,
  destinations: readonly Configuration[]
): (() => Promise<readonly SecretScope[]>) | undefined {
  const { githubSecrets, run } = services
  if (environment !== undefined || githubSecrets === undefined) return undefined
  return async () => {
    const scopes = await readNarrowerScopes(githubSecrets, {
      of: organization === undefined ? 'repository' : 'organization',
      repository: repository ?? run.repository
    })
    const own = destinations.map((destination) => createScope(destination, services).label)
    return scopes.filter(({ label }) => !own.includes(label))
  }
}

function createScope(
  { repository, environment, organization }: Configuration,
  { githubSecrets: client }: Services
): SecretScope {
  if (client === undefined) return unreachableScope(organization ?? repository ?? '')
  if (organization !== undefined) return organizationScope(client, organization)
  if (repository === undefined) throw new TypeError('A GitHub secret has a repository or an organization')
  return environment === undefined
    ? repositoryScope(client, repository)
    : environmentScope(client, repository, environment)
}
