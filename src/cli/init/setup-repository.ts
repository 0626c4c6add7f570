import * as v from 'valibot'
import type { GitHubClient } from '../../github/client.ts'
import { seal } from '../../github/seal.ts'
import { environmentScope } from '../../github/secret-scope.ts'
import { parseAnswer } from '../../http/parse-answer.ts'
import { ifFound, RotationError } from '../../kernel/error.ts'
import { parseRepository, type RepositoryName } from '../../kernel/repository.ts'
import type { Secret } from '../../kernel/secret.ts'

const repositorySchema = v.looseObject({
  default_branch: v.string(),
  html_url: v.string(),
  owner: v.looseObject({ login: v.string(), type: v.string() })
})
const environmentSchema = v.looseObject({
  protection_rules: v.optional(v.array(v.looseObject({ type: v.string() }))),
  deployment_branch_policy: v.optional(v.nullable(v.looseObject({})))
})
const policiesSchema = v.looseObject({
  branch_policies: v.array(v.looseObject({ name: v.optional(v.string()) }))
})

/** What the set-up needs to know of a repository. */
export interface RepositoryFacts {
  readonly defaultBranch: string
  readonly url: string
  readonly owner: string
  readonly isOrganization: boolean
}

/** What became of an environment. */
export type EnvironmentState = 'restricted' | 'exists' | 'open'

/** The repository that is set up, as the token of its administrator sees it. */
export class SetupRepository {
  readonly #client: GitHubClient
  readonly #repository: string
  readonly #at: RepositoryName

  constructor(client: GitHubClient, repository: string) {
    this.#client = client
    this.#repository = repository
    this.#at = parseRepository(repository)
  }

  async read(): Promise<RepositoryFacts> {
    const found = await ifFound(this.#client.call((rest) => rest.repos.get(this.#at)))
    if (found === undefined) {
      throw new RotationError('bad-input', `The token sees no repository ${this.#repository}.`, {
        hint: 'Check --repository, and that GITHUB_TOKEN or `gh auth login` is that of an administrator of it.'
      })
    }
    const { default_branch, html_url, owner } = parseAnswer(
      repositorySchema,
      found.data,
      'reading a repository'
    )
    return {
      defaultBranch: default_branch,
      url: html_url,
      owner: owner.login,
      isOrganization: owner.type === 'Organization'
    }
  }

  /** Makes an environment if there is none, open to every branch. */
  async ensureEnvironment(environment_name: string): Promise<void> {
    if ((await this.#readEnvironment(environment_name)) !== undefined) return
    await this.#client.call((rest) => rest.repos.createOrUpdateEnvironment({ ...this.#at, environment_name }))
  }

  /**
   * Makes an environment that only one branch may use. One that exists with a policy, or with rules of another kind, stays as it is, since an update
   * would replace them.
   * @returns `open` where one with rules of another kind is open to every branch
   */
  async restrictEnvironment(environment_name: string, branch: string): Promise<EnvironmentState> {
    const at = { ...this.#at, environment_name }
    const known = await this.#readEnvironment(environment_name)
    const rules = known?.protection_rules ?? []
    if (known?.deployment_branch_policy == null) {
      if (rules.length > 0) return 'open'
      await this.#client.call((rest) =>
        rest.repos.createOrUpdateEnvironment({
          ...at,
          deployment_branch_policy: { protected_branches: false, custom_branch_policies: true }
        })
      )
    } else if (rules.some(({ type }) => type !== 'branch_policy')) return 'exists'
    const { data } = await this.#client.call((rest) => rest.repos.listDeploymentBranchPolicies(at))
    const { branch_policies } = parseAnswer(policiesSchema, data, 'listing branch policies')
    if (branch_policies.length > 0) return 'exists'
    await this.#client.call((rest) => rest.repos.createDeploymentBranchPolicy({ ...at, name: branch }))
    return 'restricted'
  }

  async #readEnvironment(environment_name: string) {
    const found = await ifFound(
      this.#client.call((rest) => rest.repos.getEnvironment({ ...this.#at, environment_name }))
    )
    return found === undefined
      ? undefined
      : parseAnswer(environmentSchema, found.data, 'reading an environment')
  }

  /** Names of an environment's secrets; none where it does not exist. */
  async listSecrets(environment: string): Promise<readonly string[]> {
    const listed = await ifFound(environmentScope(this.#client, this.#repository, environment).list())
    return (listed ?? []).map(({ name }) => name)
  }

  async putSecret(environment: string, name: string, value: Secret): Promise<void> {
    const scope = environmentScope(this.#client, this.#repository, environment)
    const key = await scope.publicKey()
    const encrypted_value = await seal(value, key)
    await scope.put({ name, sealed: { encrypted_value, key_id: key.key_id }, like: undefined })
  }

  async setVariable(environment_name: string, name: string, value: string): Promise<void> {
    const at = { ...this.#at, environment_name, name, value }
    try {
      await this.#client.call((rest) => rest.actions.createEnvironmentVariable(at))
    } catch (thrown) {
      if (!(thrown instanceof RotationError) || thrown.call?.status !== 409) throw thrown
      await this.#client.call((rest) => rest.actions.updateEnvironmentVariable(at))
    }
  }
}
