import { CloudflareAccount } from '../cloudflare/account.ts'
import type { ServiceTokenAnswer, TokenAnswer } from '../cloudflare/answers.ts'
import { cloudflareErrorMapper } from '../cloudflare/error-mapper.ts'
import { listServiceTokens, listTokens } from '../cloudflare/lists.ts'
import { RuleEditor } from '../cloudflare/rule-editor.ts'
import type { AuthRole, Configuration } from '../config/schema.ts'
import { GitHubClient } from '../github/client.ts'
import { githubErrorMapper } from '../github/error-mapper.ts'
import { createApiFetch } from '../http/api-fetch.ts'
import { ClockWatch } from '../http/clock-watch.ts'
import type { ErrorMapper } from '../http/error-mapper.ts'
import type { RunCommand } from '../kernel/command.ts'
import type { Clock } from '../kernel/clock.ts'
import { StepValues } from '../rotation/model/slot-values.ts'
import type { RunState, Reporter } from '../rotation/model/ports.ts'
import type { Secret, SecretRegistry } from '../kernel/secret.ts'

/** Everything that a run is made from; effects come in from outside. */
export interface RunDependencies {
  readonly configuration: Configuration
  /** Every value that the configuration names, by environment variable. */
  readonly values: ReadonlyMap<string, Secret>
  /** Variables whose value is a placeholder, and stands for nothing. */
  readonly placeholders?: ReadonlySet<string>
  readonly cloudflareApiUrl: string
  readonly githubApiUrl: string
  readonly githubToken: Secret | undefined
  readonly githubSecretsToken: Secret | undefined
  readonly run: {
    readonly runId: string
    readonly attempt: number
    /** `owner/name` */
    readonly repository: string
    readonly runUrl: string
    readonly workflow: string
    /** `owner/name` of this action, and its branch, tag or commit, as the runner says; empty for a local one. */
    readonly actionRepository?: string
    readonly actionRef?: string
  }
  /** Tells this job from others of the same run. */
  readonly nonce: string
  readonly force: boolean
  /** Whether the command is `contain`. */
  readonly contain: boolean
  readonly fetch: typeof fetch
  readonly runCommand: RunCommand
  /** A variable of the step, for `${NAME}` in probes. */
  readonly environment: (name: string) => string | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly secrets: SecretRegistry
  readonly reporter: Reporter
  readonly runState: RunState
  /** Aborted when the run is asked to stop. */
  readonly cancelled: AbortSignal
  /** Aborted when no call may be made any longer. */
  readonly forced: AbortSignal
}

/** Answer that is shared by the rotations of a run. */
interface SharedAnswer {
  promise: Promise<unknown>
  hasBegun: boolean
  isFresh: boolean
}

/** What everything that a run is made of shares: clients, the account as each role sees it, and what is read once. */
export class RunServices {
  readonly dependencies: RunDependencies
  readonly values: StepValues
  readonly github: GitHubClient | undefined
  readonly githubSecrets: GitHubClient | undefined
  readonly ruleEditor = new RuleEditor((request) => this.account('access').call(request))
  readonly clockWatch: ClockWatch
  readonly #cloudflareFetch: typeof fetch
  readonly #githubFetch: typeof fetch
  readonly #accounts = new Map<AuthRole, CloudflareAccount>()
  readonly #warned = new Set<string>()
  readonly #once = new Map<string, SharedAnswer>()
  #accountAnswered = false

  constructor(parts: RunDependencies) {
    this.dependencies = parts
    this.values = new StepValues(parts.values, parts.placeholders)
    this.clockWatch = new ClockWatch(parts.clock)
    this.#cloudflareFetch = this.apiFetch(cloudflareErrorMapper, (input, init) => this.#watch(input, init))
    this.#githubFetch = this.apiFetch(githubErrorMapper)
    this.github = this.#githubClient(parts.githubToken)
    this.githubSecrets = this.#githubClient(parts.githubSecretsToken)
  }

  /** Whether any call about the account was answered well. */
  get accountAnswered(): boolean {
    return this.#accountAnswered
  }

  /** The account with the tokens of a role; the same one each time. */
  account(role: AuthRole): CloudflareAccount {
    let account = this.#accounts.get(role)
    if (account === undefined) {
      const { configuration, cloudflareApiUrl, reporter } = this.dependencies
      const names = [configuration.auth[role]].flat()
      account = new CloudflareAccount({
        accountId: configuration['account-id'],
        role,
        apiUrl: cloudflareApiUrl,
        fetch: this.#cloudflareFetch,
        candidates: () => names.flatMap((name) => this.values.allOf(name).map((token) => ({ name, token }))),
        onFallback: (message) => reporter.warning(message)
      })
      this.#accounts.set(role, account)
    }
    return account
  }

  /** Every account token, read once a run. */
  tokens(): Promise<readonly TokenAnswer[]> {
    const account = this.account('tokens')
    return this.oncePerRun('tokens', () => listTokens((request) => account.call(request)))
  }

  /** Every Access service token, read once a run. */
  serviceTokens(): Promise<readonly ServiceTokenAnswer[]> {
    const account = this.account('access')
    return this.oncePerRun('service tokens', () => listServiceTokens((request) => account.call(request)))
  }

  /** A reporter whose lines begin with the rotation's name. */
  reporterOf(rotation: string): Reporter {
    const { reporter } = this.dependencies
    return {
      info: (message) => reporter.info(`[${rotation}] ${message}`),
      warning: (message) => reporter.warning(`[${rotation}] ${message}`)
    }
  }

  /** Warns of what several rotations, or the same one again, would say. */
  warnOnce(message: string): void {
    if (this.#warned.has(message)) return
    this.#warned.add(message)
    this.dependencies.reporter.warning(message)
  }

  /** A `fetch` for one API, in which every failure is a RotationError. */
  apiFetch(errorMapper: ErrorMapper, send: typeof fetch = this.dependencies.fetch): typeof fetch {
    const { clock, random, forced, reporter, secrets } = this.dependencies
    return createApiFetch({
      errorMapper,
      fetch: send,
      clock,
      random,
      signal: forced,
      redact: (text) => secrets.redact(text),
      onRetry: (message) => reporter.info(message)
    })
  }

  /** From here on, what was read once is read again; a read that has not begun yet is fresh enough. */
  forget(): void {
    for (const answer of this.#once.values()) answer.isFresh &&= !answer.hasBegun
  }

  /** What several rotations ask is asked once. Readers that come while an outdated answer is on its way share the next one. */
  oncePerRun<T>(key: string, read: () => Promise<T>): Promise<T> {
    const answer = this.#once.get(key)
    if (answer?.isFresh === true) return answer.promise as Promise<T>
    const next: SharedAnswer = { hasBegun: false, isFresh: true, promise: Promise.resolve() }
    const begin = (): Promise<T> => {
      next.hasBegun = true
      return read()
    }
    const promise = answer === undefined ? begin() : answer.promise.then(begin, begin)
    next.promise = promise
    this.#once.set(key, next)
    return promise
  }

  /** Sends a call to Cloudflare, and learns from its answer about the runner's clock and the account. */
  async #watch(...call: Parameters<typeof fetch>): Promise<Response> {
    const response = await this.dependencies.fetch(...call)
    this.clockWatch.check(response.headers)
    this.#accountAnswered ||= response.ok
    return response
  }

  #githubClient(token: Secret | undefined): GitHubClient | undefined {
    if (token === undefined) return undefined
    return new GitHubClient(token, { apiUrl: this.dependencies.githubApiUrl, fetch: this.#githubFetch })
  }
}
