import type { AlertPort } from './alerts/alert.ts'
import { IssueAlert } from './alerts/issue.ts'
import { noAlert } from './alerts/no-alert.ts'
import { CloudflareAccount } from './cloudflare/account.ts'
import { cloudflareDialect } from './cloudflare/dialect.ts'
import { listServiceTokens, listStoreSecrets, listTokens, type Caller } from './cloudflare/lists.ts'
import type {
  AuthRole,
  Configuration,
  CredentialConfiguration,
  DestinationConfiguration,
  RotationConfiguration
} from './config/schema.ts'
import { feedsRepository } from './config/warnings.ts'
import { RuleEditor } from './cloudflare/rule-editor.ts'
import { AccessServiceToken } from './credentials/access-service-token.ts'
import { AccountToken } from './credentials/account-token.ts'
import { Admission, readRuleLists, type RuleLists } from './credentials/admission.ts'
import { GitHubSecret, readSnapshot } from './destinations/github-secret.ts'
import { SecretsStore } from './destinations/secrets-store.ts'
import { GitHubClient } from './github/client.ts'
import { githubDialect } from './github/dialect.ts'
import {
  environmentScope,
  organizationScope,
  repositoryScope,
  type SecretScope
} from './github/secret-scope.ts'
import { RunsInFlight } from './github/runs-in-flight.ts'
import { createWorkflowRuns } from './github/workflow-runs.ts'
import { createApiFetch, type ErrorDialect } from './http/api-fetch.ts'
import { KvLock } from './locks/kv-lock.ts'
import { NoLock } from './locks/no-lock.ts'
import { createCanProbe } from './probes/can.ts'
import { createCommandProbe, type RunCommand } from './probes/command.ts'
import { createHttpProbe } from './probes/http.ts'
import type { Clock } from './rotation/clock.ts'
import { RotationError } from './rotation/error.ts'
import { EnvironmentValues } from './rotation/environment-values.ts'
import type {
  CredentialPort,
  Destination,
  FieldSlots,
  FieldValues,
  Lock,
  Probe,
  Progress,
  Reporter,
  WorkflowRuns
} from './rotation/ports.ts'
import type { RevokePolicy, Rotation, RotationContext } from './rotation/rotation.ts'
import type { Secret, SecretKeeper } from './rotation/secret.ts'

/** Everything that a run is made from; effects come in from outside. */
export interface Parts {
  readonly configuration: Configuration
  /** Every value that the configuration names, by environment variable. */
  readonly values: ReadonlyMap<string, Secret>
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
  }
  /** Tells this job from others of the same run. */
  readonly nonce: string
  readonly force: boolean
  readonly reason: string
  readonly fetch: typeof fetch
  readonly runCommand: RunCommand
  /** A variable of the step, for `${NAME}` in probes. */
  readonly environment: (name: string) => string | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly secrets: SecretKeeper
  readonly reporter: Reporter
  readonly progress: Progress
  /** Aborted when the run is asked to stop. */
  readonly cancelled: AbortSignal
  /** Aborted when no call may be made any longer. */
  readonly forced: AbortSignal
}

/** A run put together. */
export interface Composition {
  /** What a rotation of the configuration runs with. */
  contextOf(rotation: RotationConfiguration): RotationContext
  readonly alert: AlertPort
}

/** Builds the parts of a run from its configuration: the one place that knows every kind of everything. */
export function compose(parts: Parts): Composition {
  return new Composer(parts)
}

class Composer implements Composition {
  readonly alert: AlertPort
  readonly #parts: Parts
  readonly #values: EnvironmentValues
  readonly #runs: WorkflowRuns
  readonly #cloudflareFetch: typeof fetch
  readonly #githubFetch: typeof fetch
  readonly #github: GitHubClient | undefined
  readonly #githubSecrets: GitHubClient | undefined
  readonly #accounts = new Map<AuthRole, CloudflareAccount>()
  readonly #ruleEditor = new RuleEditor((request) => this.#account('access').call(request))
  readonly #once = new Map<string, Promise<unknown>>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#values = new EnvironmentValues(parts.values)
    this.#cloudflareFetch = this.#apiFetch(cloudflareDialect)
    this.#githubFetch = this.#apiFetch(githubDialect)
    this.#github = this.#githubClient(parts.githubToken)
    this.#githubSecrets = this.#githubClient(parts.githubSecretsToken)
    this.#runs = createWorkflowRuns(this.#github, parts.run)
    this.alert = this.#createAlert()
  }

  contextOf(configuration: RotationConfiguration): RotationContext {
    const {
      run,
      force,
      reason,
      clock,
      random,
      reporter,
      progress,
      cancelled,
      configuration: whole
    } = this.#parts
    return {
      rotation: this.#createRotation(configuration),
      run,
      runs: this.#runs,
      clock,
      random,
      reporter: prefixed(reporter, configuration.name),
      progress,
      force,
      reason,
      cancelled,
      leaseMs: whole.lock.ttl,
      values: this.#values
    }
  }

  #createRotation(configuration: RotationConfiguration): Rotation {
    const storeIds = configuration.destinations.flatMap((one) =>
      one.type === 'secrets-store' ? [one['store-id']] : []
    )
    const reporter = prefixed(this.#parts.reporter, configuration.name)
    const revoke = revokePolicy(configuration)
    return {
      name: configuration.name,
      ...(configuration.every === undefined ? {} : { everyMs: configuration.every }),
      credentials: configuration.credentials.map((credential) =>
        this.#createCredential(credential, {
          storeIds,
          reporter,
          headroom: configuration.credentials.filter(({ type }) => type === credential.type).length
        })
      ),
      destinations: configuration.destinations.map((destination) =>
        this.#createDestination(destination, revoke.waitForRuns)
      ),
      lock: this.#createLock(configuration.name),
      revoke
    }
  }

  #createCredential(configuration: CredentialConfiguration, context: CredentialContext): CredentialPort {
    const fields = Object.entries(configuration.secrets).map(
      ([field, { primary, secondary }]): FieldSlots => ({
        field,
        primary,
        ...(secondary === undefined ? {} : { secondary })
      })
    )
    const probes = configuration.verify.map((probe) => this.#createProbe(probe, { fields, ...context }))
    return configuration.type === 'account-token'
      ? this.#createAccountToken(configuration, { fields, probes, ...context })
      : this.#createServiceToken(configuration, { fields, probes, ...context })
  }

  #createAccountToken(
    configuration: Extract<CredentialConfiguration, { type: 'account-token' }>,
    { fields, probes, headroom }: CredentialContext & OwnParts
  ): CredentialPort {
    const { clock, random, secrets, cancelled } = this.#parts
    const account = this.#account('tokens')
    const wholeAccount = { [`com.cloudflare.api.account.${account.accountId}`]: '*' }
    const permissions = configuration.permissions?.map(({ groups, resources }) => ({
      groups,
      resources: resources ?? wholeAccount
    }))
    return new AccountToken({
      name: configuration.name,
      fields,
      lifetimeMs: configuration.ttl,
      ...(permissions === undefined ? {} : { permissions }),
      probes,
      account,
      tokens: () => this.#oncePerRun('tokens', () => listTokens((request) => account.call(request))),
      ...{ clock, random, secrets, cancelled, headroom }
    })
  }

  #createServiceToken(
    configuration: Extract<CredentialConfiguration, { type: 'access-service-token' }>,
    { fields, probes, reporter, headroom }: CredentialContext & OwnParts
  ): CredentialPort {
    const { clock, secrets } = this.#parts
    const account = this.#account('access')
    const caller: Caller = (request) => account.call(request)
    const replaces = configuration.strategy === 'replace'
    const lists = (): Promise<RuleLists> => this.#oncePerRun('access rules', () => readRuleLists(caller))
    return new AccessServiceToken({
      name: configuration.name,
      fields,
      ...(configuration.duration === undefined ? {} : { duration: configuration.duration }),
      ...(replaces ? {} : { graceMs: configuration.grace }),
      probes,
      ownProbes: probes.filter((_, index) => onlyReads(configuration.verify[index])),
      account,
      admission: new Admission({ caller, editor: this.#ruleEditor, lists, reporter }),
      observesRules: replaces,
      rules: lists,
      tokens: () => this.#oncePerRun('service tokens', () => listServiceTokens(caller)),
      freshTokens: () => listServiceTokens(caller),
      ...{ clock, secrets, headroom }
    })
  }

  #createProbe(
    probe: CredentialConfiguration['verify'][number],
    { fields, storeIds }: CredentialContext & { readonly fields: readonly FieldSlots[] }
  ): Probe {
    const { clock, secrets, runCommand, cancelled, environment } = this.#parts
    const redact = (text: string): string => secrets.redact(text)
    if ('can' in probe) return createCanProbe({ can: probe.can, account: this.#account('tokens'), storeIds })
    if ('run' in probe) {
      return createCommandProbe({
        command: probe.run,
        fields,
        timeoutMs: COMMAND_TIMEOUT_MS,
        runCommand,
        signal: cancelled,
        redact
      })
    }
    const { url, method, headers, expect, timeout } = probe.http
    const expectation =
      typeof expect === 'object' && !Array.isArray(expect) ? expect : { status: expect, json: undefined }
    return createHttpProbe({
      ...{ url, method, headers, clock, redact },
      timeoutMs: timeout,
      expect: {
        statuses: [expectation.status].flat(),
        ...(expectation.json === undefined ? {} : { json: expectation.json })
      },
      credentialHeaders: accessHeaders,
      valueOf: (name, values) => {
        const own = fields.find(({ primary }) => primary === name)
        return (own === undefined ? undefined : values[own.field]?.reveal()) ?? environment(name) ?? ''
      },
      fetch: this.#parts.fetch
    })
  }

  #createDestination(configuration: DestinationConfiguration, waitForRuns: boolean): Destination {
    const { clock, random, run, cancelled } = this.#parts
    if (configuration.type === 'secrets-store') {
      const account = this.#account('secrets')
      const storeId = configuration['store-id']
      return new SecretsStore({
        account,
        storeId,
        scopes: configuration.scopes,
        runId: run.runId,
        secrets: () =>
          this.#oncePerRun(`store ${storeId}`, () =>
            listStoreSecrets((request) => account.call(request), storeId)
          ),
        ...{ clock, random, cancelled }
      })
    }
    const scope = this.#createScope(configuration)
    return new GitHubSecret({
      scope,
      feedsNextRun: feedsRepository(configuration, run.repository),
      ...(waitForRuns
        ? { inFlight: this.#createRunsInFlight(configuration.repository ?? run.repository) }
        : {}),
      snapshot: () => this.#oncePerRun(`scope ${scope.label}`, () => readSnapshot(scope)),
      clock
    })
  }

  /** The job's own token sees the runs of its repository; those of another one need the token that writes its secrets. */
  #createRunsInFlight(repository: string): RunsInFlight {
    const { run } = this.#parts
    const own = repository.toLowerCase() === run.repository.toLowerCase()
    const clients = own ? [this.#github, this.#githubSecrets] : [this.#githubSecrets, this.#github]
    return new RunsInFlight({
      clients: clients.filter((client) => client !== undefined),
      repository,
      runId: run.runId
    })
  }

  #createScope(configuration: Extract<DestinationConfiguration, { type: 'github-secret' }>): SecretScope {
    const client = this.#githubSecrets
    if (client === undefined) {
      throw new RotationError(
        'missing-value',
        'github-secrets-token is not set, and a destination of type github-secret needs it.',
        {
          hint: 'GITHUB_TOKEN can never write secrets: give a GitHub App token or a fine-grained personal access token.'
        }
      )
    }
    const { repository, environment, organization } = configuration
    if (organization !== undefined) return organizationScope(client, organization)
    if (repository === undefined) throw new TypeError('A GitHub secret has a repository or an organization')
    return environment === undefined
      ? repositoryScope(client, repository)
      : environmentScope(client, repository, environment)
  }

  #createLock(rotation: string): Lock {
    const { configuration, clock, random, run, nonce, reporter } = this.#parts
    const { lock } = configuration
    if (lock.type === 'none') return new NoLock(clock, lock.ttl)
    return new KvLock({
      account: this.#account('lock'),
      namespaceId: lock['namespace-id'],
      rotation,
      ttlMs: lock.ttl,
      owner: { runId: run.runId, attempt: run.attempt, nonce },
      runUrl: run.runUrl,
      clock,
      random,
      reporter: prefixed(reporter, rotation)
    })
  }

  #createAlert(): AlertPort {
    const { configuration, run } = this.#parts
    const { alert } = configuration
    if (alert.type === 'none' || this.#github === undefined) return noAlert
    return new IssueAlert({
      client: this.#github,
      repository: alert.repository ?? run.repository,
      labels: alert.labels,
      workflow: run.workflow
    })
  }

  #account(role: AuthRole): CloudflareAccount {
    let account = this.#accounts.get(role)
    if (account === undefined) {
      const { configuration, cloudflareApiUrl, reporter } = this.#parts
      const names = [configuration.auth[role]].flat()
      account = new CloudflareAccount({
        accountId: configuration['account-id'],
        role,
        apiUrl: cloudflareApiUrl,
        fetch: this.#cloudflareFetch,
        candidates: () => names.flatMap((name) => this.#values.allOf(name).map((token) => ({ name, token }))),
        onFallback: (message) => reporter.warning(message)
      })
      this.#accounts.set(role, account)
    }
    return account
  }

  #githubClient(token: Secret | undefined): GitHubClient | undefined {
    if (token === undefined) return undefined
    return new GitHubClient(token, { apiUrl: this.#parts.githubApiUrl, fetch: this.#githubFetch })
  }

  #apiFetch(dialect: ErrorDialect): typeof fetch {
    const { clock, random, forced, reporter } = this.#parts
    return createApiFetch({
      dialect,
      fetch: this.#parts.fetch,
      clock,
      random,
      signal: forced,
      onRetry: (message) => reporter.info(message)
    })
  }

  /** What several rotations ask is asked once. */
  #oncePerRun<T>(key: string, read: () => Promise<T>): Promise<T> {
    let answer = this.#once.get(key) as Promise<T> | undefined
    if (answer === undefined) {
      answer = read()
      this.#once.set(key, answer)
    }
    return answer
  }
}

/** What the credentials of one rotation share. */
interface CredentialContext {
  readonly storeIds: readonly string[]
  readonly reporter: Reporter
  /** How many of its kind the rotation makes at once. */
  readonly headroom: number
}

/** What both kinds of credential are made from. */
interface OwnParts {
  readonly fields: readonly FieldSlots[]
  readonly probes: readonly Probe[]
}

/** So long may the command of a probe take. */
const COMMAND_TIMEOUT_MS = 120_000

/** The defaults depend on the slots: a fallback is kept until the next rotation, a single slot has none to keep. */
function revokePolicy({ credentials, destinations, revoke }: RotationConfiguration): RevokePolicy {
  const single = credentials.every(({ secrets }) =>
    Object.values(secrets).every(({ secondary }) => secondary === undefined)
  )
  const secretsAtGithub = destinations.some(({ type }) => type === 'github-secret')
  return {
    after: revoke.after ?? (single ? 'verify' : 'next-rotation'),
    inUse: revoke['in-use'],
    waitForRuns: revoke['wait-for-runs'] ?? (single && secretsAtGithub)
  }
}

/** The headers by which Access takes a service token; Cloudflare's documentation. */
function accessHeaders(values: FieldValues): Readonly<Record<string, string>> {
  const id = values['client-id']
  const secret = values['client-secret']
  if (id === undefined || secret === undefined) return {}
  return { 'CF-Access-Client-Id': id.reveal(), 'CF-Access-Client-Secret': secret.reveal() }
}

/** Whether a probe changes nothing, so that the current pair can be tried with it in every run. */
function onlyReads(probe: CredentialConfiguration['verify'][number] | undefined): boolean {
  return probe !== undefined && 'http' in probe && ['GET', 'HEAD', 'OPTIONS'].includes(probe.http.method)
}

function prefixed(reporter: Reporter, name: string): Reporter {
  return {
    info: (message) => reporter.info(`[${name}] ${message}`),
    warning: (message) => reporter.warning(`[${name}] ${message}`)
  }
}
