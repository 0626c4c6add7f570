import type { SandboxClock } from '../clock.ts'
import { notFound } from './github-error.ts'
import type { Entropy } from '../random.ts'
import { createVaults, Repository, type SecretApp } from './repository.ts'
import { SecondaryLimits } from './secondary-limits.ts'
import type { GithubContext, SecretVault } from './secret-vault.ts'

/** Kind of token: `GITHUB_TOKEN` of a job, a fine-grained personal token, or an App's installation token. */
export type TokenKind = 'github-token' | 'pat' | 'app'

/** Permission names as `X-Accepted-GitHub-Permissions` spells them. */
export type Permissions = Readonly<Record<string, 'read' | 'write'>>

/** Token with its permissions; `expiresAt` is epoch milliseconds. */
export interface GithubToken {
  readonly value: string
  readonly name: string
  readonly kind: TokenKind
  permissions: Permissions
  /** Full names of the repositories it can see. */
  repositories: 'all' | readonly string[]
  expiresAt: number | undefined
}

/** GitHub App with its one installation. */
export interface GithubApp {
  readonly id: number
  readonly slug: string
  readonly installationId: number
  readonly createdAt: number
  permissions: Permissions
  /** Full names of the repositories it is installed on; none once it was uninstalled. */
  repositories: readonly string[]
  /** Keys that sign for it, as PEM; none once its key was deleted. */
  publicKeys: readonly string[]
}

/** Organization and its secrets. */
export interface Organization {
  readonly login: string
  readonly secrets: Readonly<Record<SecretApp, SecretVault>>
}

const tokenPrefixes: Record<TokenKind, string> = { 'github-token': 'ghs_', app: 'ghs_', pat: 'github_pat_' }
const neverOfGithubToken = ['secrets', 'environments', 'organization_secrets', 'actions_variables']

/** GitHub that tests inspect, fill and adjust. */
export class GithubState {
  readonly clock: SandboxClock
  readonly order: Entropy
  /** Most entries on a page, however many are requested. */
  pageSizeCap = 100
  /** Requests per hour and token. */
  rateLimitPerHour = 5000
  /** Of `GITHUB_TOKEN`, for its repository. */
  githubTokenLimitPerHour = 1000
  /** Secondary rate limits. */
  readonly secondaryLimits: SecondaryLimits
  /** Enterprise Server has no rate limits by default, and returns 404 for them. */
  limitsRate = true
  readonly apps: GithubApp[] = []
  readonly #context: GithubContext
  readonly #repositories = new Map<string, Repository>()
  readonly #organizations = new Map<string, Organization>()
  readonly #tokens = new Map<string, GithubToken>()
  readonly #used = new Map<string, { used: number; resetAt: number }>()

  constructor(context: GithubContext) {
    this.#context = context
    this.clock = context.clock
    this.order = context.order
    this.secondaryLimits = new SecondaryLimits(context.clock)
  }

  get repositories(): readonly Repository[] {
    return [...this.#repositories.values()]
  }

  addRepository(
    fullName: string,
    { isPrivate = true, hasIssues = true }: { isPrivate?: boolean; hasIssues?: boolean } = {}
  ): Repository {
    const repository = new Repository(this.#context, { fullName, isPrivate, hasIssues })
    this.#repositories.set(fullName.toLowerCase(), repository)
    return repository
  }

  repository(fullName: string): Repository {
    const repository = this.#repositories.get(fullName.toLowerCase())
    if (repository === undefined) throw notFound()
    return repository
  }

  addOrganization(login: string): Organization {
    const organization = { login, secrets: createVaults(this.#context, 1000) }
    this.#organizations.set(login.toLowerCase(), organization)
    return organization
  }

  organization(login: string): Organization {
    const organization = this.#organizations.get(login.toLowerCase())
    if (organization === undefined) throw notFound()
    return organization
  }

  /** Returns the decrypted Actions secrets that a job with the environment would get, by name. */
  environmentSecrets(fullName: string, environment: string): Record<string, string> {
    return this.repository(fullName).environment(environment).values
  }

  repositorySecrets(fullName: string, app: SecretApp = 'actions'): Record<string, string> {
    return this.repository(fullName).secrets[app].values
  }

  organizationSecrets(login: string, app: SecretApp = 'actions'): Record<string, string> {
    return this.organization(login).secrets[app].values
  }

  addToken(token: {
    kind: TokenKind
    name: string
    permissions: Permissions
    repositories?: 'all' | readonly string[]
    expiresAt?: number
  }): GithubToken {
    const impossible = neverOfGithubToken.find(
      (name) => token.kind === 'github-token' && name in token.permissions
    )
    if (impossible !== undefined) throw new Error(`GITHUB_TOKEN can never hold ${impossible}`)
    const added: GithubToken = {
      value: tokenPrefixes[token.kind] + this.#context.entropy.text(36),
      name: token.name,
      kind: token.kind,
      permissions: token.permissions,
      repositories: token.repositories ?? 'all',
      expiresAt: token.expiresAt
    }
    this.#tokens.set(added.value, added)
    return added
  }

  addApp(app: Pick<GithubApp, 'slug' | 'permissions' | 'repositories' | 'publicKeys'>): GithubApp {
    const id = 1_000_000 + this.#context.entropy.integer(1_000_000)
    const added = { ...app, id, installationId: id + 1, createdAt: this.clock.now() }
    this.apps.push(added)
    return added
  }

  findToken(value: string): GithubToken | undefined {
    return this.#tokens.get(value)
  }

  deleteToken(value: string): void {
    this.#tokens.delete(value)
  }

  /** Ends every token of a holder, as GitHub does when an App is uninstalled. */
  deleteTokensOf(name: string): void {
    for (const token of [...this.#tokens.values()]) if (token.name === name) this.#tokens.delete(token.value)
  }

  /** Counts one call of a token in the current hour. */
  countCall(value: string): { limit: number; used: number; remaining: number; reset: number } {
    const now = this.clock.now()
    let hour = this.#used.get(value)
    if (hour === undefined || hour.resetAt <= now) {
      hour = { used: 0, resetAt: now + 3_600_000 }
      this.#used.set(value, hour)
    }
    hour.used += 1
    const isOfJob = this.#tokens.get(value)?.kind === 'github-token'
    const limit = isOfJob
      ? Math.min(this.githubTokenLimitPerHour, this.rateLimitPerHour)
      : this.rateLimitPerHour
    return {
      limit,
      used: hour.used,
      remaining: Math.max(0, limit - hour.used),
      reset: Math.ceil(hour.resetAt / 1000)
    }
  }
}
