import { parseAnswer } from '../http/parse-answer.ts'
import {
  publicKeySchema,
  secretsPageSchema,
  selectedRepositoriesSchema,
  type ListedSecret,
  type PublicKey
} from './answers.ts'
import { RotationError, asRotationError, isNotFound } from '../kernel/error.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import { parseRepository } from '../kernel/repository.ts'
import type { GitHubClient, Octokit } from './client.ts'
import { MAX_ORGANIZATION_SECRETS, MAX_REPOSITORY_SECRETS, PAGE_SIZE } from './limits.ts'

/** A sealed value with the key that it was sealed with. */
export interface SealedValue {
  readonly encrypted_value: string
  readonly key_id: string
}

/** One place that holds secrets: a repository, an environment of it, or an organization. */
export interface SecretScope {
  /** Its name in logs and records, e.g. `octo-org/ops, environment rotation`. */
  readonly label: string
  /** How many secrets GitHub allows here. */
  readonly limit: number
  publicKey(): Promise<PublicKey>
  /** Every secret, over all pages. */
  list(): Promise<readonly ListedSecret[]>
  /**
   * Checks without a write whether secrets may be written here, and returns the refusal: GitHub was seen to check the permission for a deletion before it
   * looks for the secret. Only the write itself decides.
   */
  findWriteRefusal(): Promise<RotationError | undefined>
  /** Creates or updates a secret; returns when GitHub answered, by its own clock, in milliseconds. */
  put(request: PutSecret): Promise<number | undefined>
}

/** A secret to be written. */
export interface PutSecret {
  readonly name: string
  readonly sealed: SealedValue
  /** The secret whose visibility an organization's new secret takes over: itself where it exists, or its sibling. */
  readonly like: ListedSecret | undefined
}

interface PageQuery {
  readonly page: number
  readonly per_page: number
}

/** The two statuses of a successful write. */
const CREATED = 201
const UPDATED = 204
/** More pages than an organization's secrets fill. */
const MAX_PAGES = 20

/** Scope for which no token is set: every use of it fails with that reason. */
export function unreachableScope(label: string): SecretScope {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new RotationError(
        'missing-value',
        'github-secrets-token is not set, and a destination of type github-secret needs it.',
        {
          hint: 'GITHUB_TOKEN can never write secrets: give a GitHub App token or a fine-grained personal access token.'
        }
      )
    )
  return { label, limit: Infinity, publicKey: refuse, list: refuse, findWriteRefusal: refuse, put: refuse }
}

/** The stores of secrets that GitHub keeps apart; each has its own keys and its own list. */
export type SecretStore = 'actions' | 'dependabot' | 'codespaces'

/** How labels name the stores other than that of Actions. */
export const STORE_SUFFIX: Readonly<Record<SecretStore, string>> = {
  actions: '',
  dependabot: ', Dependabot',
  codespaces: ', Codespaces'
}

/** The secrets of a repository, given as `owner/name`. */
export function repositoryScope(
  client: GitHubClient,
  repository: string,
  store: SecretStore = 'actions'
): SecretScope {
  const at = parseRepository(repository)
  return {
    label: `${repository}${STORE_SUFFIX[store]}`,
    limit: MAX_REPOSITORY_SECRETS,
    publicKey: () => readKey(client, (rest) => rest[store].getRepoPublicKey(at)),
    list: () => readSecrets(client, (rest, query) => rest[store].listRepoSecrets({ ...at, ...query })),
    findWriteRefusal: () =>
      deleteNothing(client, (rest, secret_name) => rest[store].deleteRepoSecret({ ...at, secret_name })),
    put: ({ name, sealed }) =>
      write(client, (rest) => rest[store].createOrUpdateRepoSecret({ ...at, secret_name: name, ...sealed }))
  }
}

/** The secrets of an environment of a repository. */
export function environmentScope(client: GitHubClient, repository: string, environment: string): SecretScope {
  const at = { ...parseRepository(repository), environment_name: environment }
  return {
    label: `${repository}, environment ${environment}`,
    limit: MAX_REPOSITORY_SECRETS,
    publicKey: () => readKey(client, (rest) => rest.actions.getEnvironmentPublicKey(at)),
    list: () =>
      readSecrets(client, (rest, query) => rest.actions.listEnvironmentSecrets({ ...at, ...query })),
    findWriteRefusal: () =>
      deleteNothing(client, (rest, secret_name) =>
        rest.actions.deleteEnvironmentSecret({ ...at, secret_name })
      ),
    put: ({ name, sealed }) =>
      write(client, (rest) =>
        rest.actions.createOrUpdateEnvironmentSecret({ ...at, secret_name: name, ...sealed })
      )
  }
}

/** The secrets of an organization. A write must send the visibility again, so each secret keeps its own. */
export function organizationScope(
  client: GitHubClient,
  organization: string,
  store: SecretStore = 'actions'
): SecretScope {
  const at = { org: organization }
  return {
    label: `organization ${organization}${STORE_SUFFIX[store]}`,
    limit: MAX_ORGANIZATION_SECRETS,
    publicKey: () => readKey(client, (rest) => rest[store].getOrgPublicKey(at)),
    list: () => readSecrets(client, (rest, query) => rest[store].listOrgSecrets({ ...at, ...query })),
    findWriteRefusal: () =>
      deleteNothing(client, (rest, secret_name) => rest[store].deleteOrgSecret({ ...at, secret_name })),
    put: async ({ name, sealed, like }) => {
      const visibility = like?.visibility ?? 'private'
      const selected_repository_ids =
        visibility === 'selected' && like !== undefined
          ? [...(await readSelected(client, { organization, name: like.name, store }))]
          : undefined
      return await write(client, (rest) =>
        rest[store].createOrUpdateOrgSecret({
          ...at,
          secret_name: name,
          ...sealed,
          visibility,
          ...withoutUndefined({ selected_repository_ids })
        })
      )
    }
  }
}

/** Name of a secret that does not exist. */
const NO_SECRET = 'ROTATE_ACTION_PERMISSION_CHECK'

/** Deletes a secret that does not exist. A 404 shows that the deletion was allowed; any other failure is returned. */
async function deleteNothing(
  client: GitHubClient,
  call: (rest: Octokit['rest'], name: string) => Promise<unknown>
): Promise<RotationError | undefined> {
  try {
    await client.call((rest) => call(rest, NO_SECRET))
  } catch (thrown) {
    const error = asRotationError(thrown)
    if (error.code === 'cancelled' || error.code === 'internal') throw error
    return isNotFound(error) ? undefined : error
  }
  return undefined
}

async function readKey(
  client: GitHubClient,
  read: (rest: Octokit['rest']) => Promise<{ data: unknown }>
): Promise<PublicKey> {
  const { data } = await client.call(read)
  return parseAnswer(publicKeySchema, data, "reading GitHub's public key")
}

async function readSecrets(
  client: GitHubClient,
  read: (rest: Octokit['rest'], query: PageQuery) => Promise<{ data: unknown }>
): Promise<readonly ListedSecret[]> {
  const secrets: ListedSecret[] = []
  for (let page = 1; page <= MAX_PAGES; page++) {
    const { data } = await client.call((rest) => read(rest, { page, per_page: PAGE_SIZE }))
    const answer = parseAnswer(secretsPageSchema, data, 'listing GitHub secrets')
    secrets.push(...answer.secrets)
    if (secrets.length >= answer.total_count || answer.secrets.length === 0) break
  }
  return secrets
}

async function readSelected(
  client: GitHubClient,
  { organization: org, name: secret_name, store }: { organization: string; name: string; store: SecretStore }
): Promise<readonly number[]> {
  const ids = new Set<number>()
  let total = 0
  for (let page = 1; page <= MAX_PAGES; page++) {
    const { data } = await client.call((rest) =>
      rest[store].listSelectedReposForOrgSecret({ org, secret_name, page, per_page: PAGE_SIZE })
    )
    const answer = parseAnswer(selectedRepositoriesSchema, data, "listing a secret's repositories")
    for (const { id } of answer.repositories) ids.add(id)
    total = answer.total_count
    if (ids.size >= total || answer.repositories.length === 0) break
  }
  // The write sets the whole list: a repository that is left out loses the secret.
  if (ids.size >= total) return [...ids]
  throw new RotationError(
    'bad-answer',
    `GitHub shows ${ids.size} of the ${total} repositories that may read ${secret_name} of ${org}: a write would take it from the others.`,
    { hint: 'Check that github-secrets-token may see every repository that the secret is shared with.' }
  )
}

async function write(
  client: GitHubClient,
  call: (rest: Octokit['rest']) => Promise<{ status: number; headers: { date?: string | undefined } }>
): Promise<number | undefined> {
  const { status, headers } = await client.call(call)
  if (status !== CREATED && status !== UPDATED) {
    throw new RotationError(
      'bad-answer',
      `GitHub answered the write of a secret with ${status}, which is neither 201 nor 204.`,
      {
        hint: 'Run again; if it happens again, check what stands between the runner and the API (a proxy, GITHUB_API_URL).',
        effect: 'unknown'
      }
    )
  }
  const answeredAt = Date.parse(headers.date ?? '')
  return Number.isNaN(answeredAt) ? undefined : answeredAt
}
