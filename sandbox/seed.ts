import type { AccountToken } from './cloudflare/account-tokens.ts'
import type { D1Database } from './cloudflare/d1.ts'
import type { KvNamespace } from './cloudflare/kv.ts'
import type { SecretsStore } from './cloudflare/secrets-stores.ts'
import type { Repository } from './github/repository.ts'
import type { WorkflowRun } from './github/repository-parts.ts'
import type { GithubToken } from './github/state.ts'
import type { Sandbox } from './sandbox.ts'

const day = 86_400_000

/** Account of a new user after the quick start, with every id and (fake) value in plain text. */
export interface BootstrapAccount {
  readonly accountId: string
  readonly tokenCreation: AccountToken
  readonly secretEdit: AccountToken
  /** `CLOUDFLARE_API_TOKEN`: may write KV and D1. */
  readonly apiToken: AccountToken
  readonly store: SecretsStore
  readonly namespace: KvNamespace
  /** Empty namespace for locks. */
  readonly database: D1Database
  readonly repository: Repository
  readonly environment: string
  /** `GITHUB_TOKEN` of the job. */
  readonly githubToken: GithubToken
  /** May write secrets of repository, environment and organization. */
  readonly githubSecretsToken: GithubToken
  readonly run: WorkflowRun
}

/** Options of the account; times in milliseconds. */
export interface BootstrapOptions {
  /** Lifetime of the two tokens that were created by hand; 30 days by default. */
  readonly ttlMs?: number
  /** Whether the Secrets Store holds the two PRIMARY secrets already; false by default. */
  readonly withStoredSecrets?: boolean
  /** Whether the environment holds them; true by default. */
  readonly withEnvironmentSecrets?: boolean
  /** Whether the repository is public; false by default. */
  readonly isPublic?: boolean
  /** Whether both tokens of GitHub may start workflows; false by default. */
  readonly startsWorkflows?: boolean
}

/** Fills the sandbox with the account, store, namespace, repository and tokens of the quick start. */
export function seedBootstrapAccount(sandbox: Sandbox, options: BootstrapOptions = {}): BootstrapAccount {
  const { cloudflare, github } = sandbox
  const ttlMs = options.ttlMs ?? 30 * day
  const { tokens } = cloudflare
  const tokenCreation = tokens.seed({
    name: 'token creation (made by hand)',
    groups: ['Account API Tokens Read', 'Account API Tokens Write'],
    ttlMs
  })
  const secretEdit = tokens.seed({
    name: 'secret edit (made by hand)',
    groups: ['Secrets Store Write'],
    ttlMs
  })
  const apiToken = tokens.seed({ name: 'rotation lock', groups: ['Workers KV Storage Write', 'D1 Write'] })
  const store = cloudflare.secretsStores.addStore('default_secrets_store', '8f7a1cdced6342c18d223ece462fd88d')
  const namespace = cloudflare.kv.addNamespace('rotation-locks', '0f2ac74b498b48028cb68387c421e279')
  const database = cloudflare.d1.addDatabase('rotation-locks', '5e3b7c1a-92d4-4f60-8a1b-c7d9e0f24b68')
  const values = {
    PRIMARY_TOKEN_CREATION_TOKEN: tokenCreation.value,
    PRIMARY_SECRET_EDIT_TOKEN: secretEdit.value
  }
  if (options.withStoredSecrets === true) {
    const inputs = Object.entries(values).map(([name, value]) => ({
      name,
      value,
      scopes: ['workers'] as const
    }))
    cloudflare.secretsStores.create(store, inputs)
  }

  const actions = options.startsWorkflows === true ? 'write' : 'read'
  github.addOrganization('octo-org')
  const repository = github.addRepository('octo-org/ops', { isPrivate: options.isPublic !== true })
  const environment = 'rotation'
  const vault = repository.addEnvironment(environment)
  if (options.withEnvironmentSecrets !== false) {
    for (const [name, value] of Object.entries(values)) vault.put(name, value)
  }
  repository.secrets.actions.put('CLOUDFLARE_API_TOKEN', apiToken.value)

  return {
    accountId: cloudflare.accountId,
    ...{ tokenCreation, secretEdit, apiToken, store, namespace, database, repository, environment },
    githubToken: github.addToken({
      kind: 'github-token',
      name: 'github-actions',
      permissions: { issues: 'write', actions, contents: 'read' },
      repositories: [repository.fullName]
    }),
    githubSecretsToken: github.addToken({
      kind: 'app',
      name: 'octo-rotation',
      permissions: { secrets: 'write', environments: 'write', organization_secrets: 'write', actions }
    }),
    run: repository.addRun()
  }
}
