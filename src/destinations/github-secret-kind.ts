import * as v from 'valibot'
import type { GitHubServices } from '../github/client.ts'
import { readNarrowerScopes } from '../github/narrower-scopes.ts'
import { RunsInFlight } from '../github/runs-in-flight.ts'
import type { SecretScope } from '../github/secret-scope.ts'
import { described, matching, names, repository } from '../kernel/fields.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import { isSameName } from '../kernel/repository.ts'
import type { DestinationKind } from '../rotation/model/kinds.ts'
import type { Destination } from '../rotation/model/destination.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { createScope, findFeed, formatPlace, placesOf, type GitHubPlace } from './github/github-place.ts'
import { GitHubSecret } from './github/github-secret.ts'

/** Most repositories or environments of one destination. */
const MAX_PLACES = 200

const environment = matching(
  /^(?!\.{1,2}$)[ -~\u00a0-\uffff]{1,255}$/,
  'the name of an environment: 1 to 255 characters, no control characters, and neither . nor ..'
)

const store = v.picklist(['actions', 'dependabot', 'codespaces'], 'must be actions, dependabot or codespaces')

/** A list of at least one, each once. */
const listOf = <S extends v.GenericSchema<unknown, string>>(item: S, what: string) =>
  v.pipe(
    v.array(item, `must be a list of ${what}`),
    v.minLength(1, `must hold at least one of the ${what}`),
    v.maxLength(MAX_PLACES, `must hold at most ${MAX_PLACES}`),
    v.check((items) => new Set(items).size === items.length, 'must hold each only once')
  )

const schema = v.pipe(
  v.strictObject({
    type: v.literal('github-secret'),
    repository: described(v.optional(repository), 'The repository.'),
    repositories: described(v.optional(listOf(repository, 'repositories')), 'Several repositories.'),
    environment: described(v.optional(environment), 'An environment of each repository.'),
    environments: described(v.optional(listOf(environment, 'environments')), 'Several environments.'),
    organization: described(
      v.optional(matching(/^[A-Za-z0-9-]+$/, 'the name of an organization')),
      'An organization, instead of a repository; secrets keep their visibility, new ones take that of their sibling slot, or private.'
    ),
    stores: described(
      v.optional(listOf(store, 'stores'), ['actions']),
      'Actions, Dependabot or Codespaces. Environments are those of Actions; the secrets of the other stores are written to the repository.'
    ),
    names
  }),
  v.check(
    ({ repository, repositories, organization }) =>
      [repository, repositories, organization].filter((one) => one !== undefined).length === 1,
    'must have exactly one of repository, repositories and organization'
  ),
  v.check(
    ({ environment, environments }) => environment === undefined || environments === undefined,
    'must have either environment or environments'
  ),
  v.check(
    ({ environment, environments, organization }) =>
      organization === undefined || (environment === undefined && environments === undefined),
    'has an environment, which needs a repository'
  ),
  v.check(
    ({ environment, environments, stores }) =>
      stores.includes('actions') || (environment === undefined && environments === undefined),
    'has an environment, which needs the store actions'
  )
)

type Configuration = v.InferOutput<typeof schema>
type Services = DriverServices & GitHubServices

/** Secrets of repositories, of their environments, or of an organization, for Actions, Dependabot and Codespaces. */
export const githubSecretKind: DestinationKind<Configuration, Services> = {
  type: 'github-secret',
  schema,
  needsGithubSecretsToken: true,
  heldByRuns: true,
  findFeeds: (configuration, ofRun) =>
    placesOf(configuration).flatMap((place) => findFeed(place, ofRun) ?? []),
  places: (configuration) => placesOf(configuration).map(formatPlace),
  identifyName: (name) => name.toUpperCase(),
  findNameProblem,
  create: (configuration, services, { namesOf, waitForRuns, ofSameKind }) => {
    const others = ofSameKind.flatMap(placesOf)
    return placesOf(configuration).map((place) =>
      createDestination(place, services, { namesOf, waitForRuns, others })
    )
  }
}

function findNameProblem(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return `must be the name of a GitHub secret: A-Z, a-z, 0-9 and _, not beginning with a digit, not "${name}"`
  return /^GITHUB_/i.test(name)
    ? `must not begin with GITHUB_, which GitHub keeps for itself, not "${name}"`
    : undefined
}

interface PlaceContext {
  readonly namesOf: Destination['namesOf']
  readonly waitForRuns: boolean
  /** The places of every destination of this kind. */
  readonly others: readonly GitHubPlace[]
}

function createDestination(
  place: GitHubPlace,
  services: Services,
  { namesOf, waitForRuns, others }: PlaceContext
): GitHubSecret {
  const { githubSecrets, run, readOnce, readNow, readForRun, warnOnce } = services
  const { clock, random, cancelled } = services
  const scope = createScope(place, githubSecrets)
  const of = 'repository' in place ? place.repository : run.repository
  return new GitHubSecret({
    ...{ scope, namesOf, warnOnce, clock, random, cancelled },
    feedsNextRun: findFeed(place, run.repository) !== undefined,
    ...withoutUndefined({
      inFlight: waitForRuns && place.store !== 'codespaces' ? createRunsInFlight(of, services) : undefined,
      narrower: findNarrowerScopes(place, services, others),
      dependabot: findDependabotScope(place, services, others)
    }),
    key: () => readForRun(`key of ${scope.label}`, () => scope.publicKey()),
    refusal: () => readForRun(`refusal of ${scope.label}`, () => scope.findWriteRefusal()),
    secrets: {
      observed: () => readOnce(`secrets of ${scope.label}`, () => scope.list()),
      now: () => readNow(`secrets of ${scope.label}`, () => scope.list())
    }
  })
}

/** The job's own token sees the runs of its repository; those of another one need the token that writes its secrets. */
function createRunsInFlight(
  repository: string,
  { run, github, githubSecrets, readNow, readForRun }: Services
): RunsInFlight {
  const own = isSameName(repository, run.repository)
  const clients = own ? [github, githubSecrets] : [githubSecrets, github]
  return new RunsInFlight({
    clients: clients.filter((client) => client !== undefined),
    repository,
    runId: run.runId,
    readNow,
    readForRun
  })
}

/** Finds the scopes whose secrets take precedence over a destination's in a workflow, without those that are destinations themselves. */
function findNarrowerScopes(
  place: GitHubPlace,
  { githubSecrets, run }: Services,
  others: readonly GitHubPlace[]
): (() => Promise<readonly SecretScope[]>) | undefined {
  if (githubSecrets === undefined || place.store !== 'actions') return undefined
  if ('environment' in place) return undefined
  return async () => {
    const scopes = await readNarrowerScopes(githubSecrets, {
      of: 'organization' in place ? 'organization' : 'repository',
      repository: 'repository' in place ? place.repository : run.repository
    })
    const own = others.map(formatPlace)
    return scopes.filter(({ label }) => !own.includes(label))
  }
}

/** Finds the store that Dependabot's runs get their secrets from instead, unless it is a destination itself. */
function findDependabotScope(
  place: GitHubPlace,
  { githubSecrets }: Services,
  others: readonly GitHubPlace[]
): SecretScope | undefined {
  if (githubSecrets === undefined || place.store !== 'actions') return undefined
  const sibling: GitHubPlace =
    'organization' in place
      ? { organization: place.organization, store: 'dependabot' }
      : { repository: place.repository, store: 'dependabot' }
  return others.some((other) => formatPlace(other) === formatPlace(sibling))
    ? undefined
    : createScope(sibling, githubSecrets)
}
