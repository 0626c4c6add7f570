import { createVirtualClock, type VirtualClock } from '../sandbox/clock.ts'
import { BOOTSTRAP } from '../sandbox/configurations.ts'
import type { Repository } from '../sandbox/github/repository.ts'
import { seededRandom } from '../sandbox/random.ts'
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts'
import { seedAccessAutomation, type AccessAutomation } from '../sandbox/seed-access.ts'
import { seedBootstrapAccount, type BootstrapAccount, type BootstrapOptions } from '../sandbox/seed.ts'
import { findWarnings, parseConfiguration, readValues } from '../src/compose/configuration.ts'
import type { Configuration } from '../src/config/configuration.ts'
import { findPlaceholders } from '../src/config/values.ts'
import { asRotationError, type RotationError } from '../src/kernel/error.ts'
import type { RunRecord } from '../src/rotation/record/schema.ts'
import { SecretRegistry } from '../src/kernel/secret.ts'
import { runSession, type SessionRequest } from '../src/session/session.ts'
import { withCommandStores } from './command-stores.ts'
import { withCoordinator } from './coordinator-fetch.ts'
import type { SimulatedProcess } from './process.ts'
import { simulateTime, type SimulatedTime } from './simulated-clock.ts'
import { createSimulatedR2 } from './simulated-command.ts'

export { ACCESS, BOOTSTRAP } from '../sandbox/configurations.ts'

/** Options of a world. */
export interface WorldOptions extends BootstrapOptions {
  readonly seed?: number
  /** Whether the account has the Access automation too, with its pair in the environment `automation`. */
  readonly access?: boolean
  /** Whether a job is given every secret that GitHub would give it: those of the organization and of the repository too. */
  readonly allSecrets?: boolean
}

/** Options in which a run differs from a plain, scheduled one. */
export interface RunOptions {
  readonly command?: SessionRequest['command']
  /** YAML; {@link BOOTSTRAP} by default. */
  readonly configuration?: string
  /** The step's environment; by default what GitHub's secrets hold at that time. */
  readonly env?: Readonly<Record<string, string>>
  readonly only?: readonly string[]
  readonly force?: boolean
  readonly reason?: string
  readonly attempt?: number
  /** Repository of the run; the account's by default. */
  readonly repository?: Repository
  /** A new run that is queued now by default. */
  readonly runId?: number
  readonly nonce?: string
  readonly githubToken?: string
  readonly githubSecretsToken?: string | null
  readonly cancelled?: AbortSignal
  readonly forced?: AbortSignal
  /** How long the job may take, in milliseconds; left out, there is no end. */
  readonly timeMs?: number
  /** Rotations whose lock `post` releases. */
  readonly reclaim?: readonly string[]
  /** Process of the run; by default one that is not killed. */
  readonly process?: SimulatedProcess
  /** Receives the lines of the log, also those of a killed run. */
  readonly log?: string[]
  /** Answers the requests to `COORDINATOR_URL`. */
  readonly coordinator?: (request: Request) => Promise<Response>
  /** Called with the run's clock when it begins, to set its wall clock forward or back. */
  readonly onClock?: (time: SimulatedTime) => void
}

/** Result of a run. */
export interface WorldRun {
  readonly runId: number
  readonly record: RunRecord
  /** Every line of the log, redacted. */
  readonly log: readonly string[]
  readonly alertUrl: string | undefined
  readonly alertError: RotationError | undefined
}

/** A sandbox with an account, and whole runs of the real code on it: in one process, with simulated time, without waiting. */
export interface World {
  readonly sandbox: Sandbox
  readonly account: BootstrapAccount
  /** There with {@link WorldOptions.access}. */
  readonly automation: AccessAutomation | undefined
  readonly clock: VirtualClock
  /** Ids of unrelated credentials, which no run may change. */
  readonly unrelatedIds: Set<string>
  /** Returns the job's environment: the secrets of repository and environment, as they are now. */
  environment(): Record<string, string>
  run(options?: RunOptions): Promise<WorldRun>
}

/** Returns the automation of a world that has one. */
export function automationOf({ automation }: World): AccessAutomation {
  if (automation === undefined) throw new Error('the world has no automation')
  return automation
}

const parsed = new Map<string, Configuration>()

/** Reads a configuration as a run does; the same text is parsed once. */
export function readConfiguration(yaml: string): Configuration {
  let configuration = parsed.get(yaml)
  if (configuration === undefined) {
    configuration = parseConfiguration(yaml, 'rotation.yml')
    parsed.set(yaml, configuration)
  }
  return configuration
}

/** Creates a world with the account of the README's quick start. */
export function createWorld(options: WorldOptions = {}): World {
  const clock = createVirtualClock()
  const random = seededRandom(options.seed ?? 1)
  const sandbox = createSandbox({ clock, random })
  const account = seedBootstrapAccount(sandbox, options)
  const automation = options.access === true ? seedAccessAutomation(sandbox, account) : undefined
  const { fullName } = account.repository
  const environment = (): Record<string, string> => ({
    ...(options.allSecrets === true
      ? { ...sandbox.github.organizationSecrets('octo-org'), ...sandbox.github.repositorySecrets(fullName) }
      : {}),
    CLOUDFLARE_API_TOKEN: (automation?.apiToken ?? account.apiToken).value,
    ...sandbox.github.environmentSecrets(account.repository.fullName, account.environment),
    ...(automation === undefined
      ? {}
      : {
          ...sandbox.github.environmentSecrets(account.repository.fullName, automation.environment),
          R2_EXPLORER_BASE_URL: automation.baseUrl
        })
  })
  return {
    sandbox,
    account,
    automation,
    clock,
    unrelatedIds: new Set(),
    environment,
    run: (run = {}) => runInWorld({ sandbox, account, clock, random, environment }, run)
  }
}

interface Inside {
  readonly sandbox: Sandbox
  readonly account: BootstrapAccount
  readonly clock: VirtualClock
  readonly random: () => number
  readonly environment: () => Record<string, string>
}

async function runInWorld(
  { sandbox, account, clock, random, environment }: Inside,
  options: RunOptions
): Promise<WorldRun> {
  const repository = options.repository ?? account.repository
  const workflowRun =
    options.runId === undefined ? repository.addRun() : repository.runs.find(({ id }) => id === options.runId)
  const runId = workflowRun?.id ?? options.runId ?? 1
  const log = options.log ?? []
  const secrets = new SecretRegistry(() => undefined)
  const env = options.env ?? environment()
  const configuration = readConfiguration(options.configuration ?? BOOTSTRAP)
  const time = simulateTime(clock)
  options.onClock?.(time)
  const { process } = options
  const wired = process?.wrapFetch(sandbox.fetch) ?? sandbox.fetch
  const fetch = time.wrapFetch(withCoordinator(wired, options))
  const forgetHangs = sandbox.onCall(({ phase, call }) => {
    if (phase === 'after' && call.fault?.startsWith('hang') === true && process?.isDead !== true)
      time.noticeHang()
  })
  const warnings = [...findWarnings(configuration, { repository: repository.fullName, event: 'schedule' })]
  const secretsToken =
    options.githubSecretsToken === undefined ? account.githubSecretsToken.value : options.githubSecretsToken
  const run = {
    runId: String(runId),
    attempt: options.attempt ?? 1,
    repository: repository.fullName,
    runUrl: `https://github.com/${repository.fullName}/actions/runs/${runId}`,
    workflow: `${repository.fullName}/.github/workflows/rotate.yml`
  }
  const { record, alert } = await runSession({
    configuration,
    values: readValues(configuration, (name) => env[name], secrets),
    placeholders: findPlaceholders(configuration, (name) => env[name]),
    cloudflareApiUrl: 'https://api.cloudflare.com/client/v4',
    githubApiUrl: 'https://api.github.com',
    githubToken: secrets.register(options.githubToken ?? account.githubToken.value),
    githubSecretsToken: secretsToken === null ? undefined : secrets.register(secretsToken),
    run,
    nonce: options.nonce ?? `job-${runId}`,
    force: options.force ?? false,
    contain: options.command === 'contain',
    fetch,
    runCommand: withCommandStores(
      sandbox,
      createSimulatedR2(fetch, { baseUrl: env['R2_EXPLORER_BASE_URL'] ?? '', clock: time.clock }),
      () => process?.isDead === true
    ),
    environment: (name) => env[name],
    clock: time.clock,
    endsAt: options.timeMs === undefined ? undefined : time.clock.now() + options.timeMs,
    random,
    secrets,
    reporter: {
      info: (message) => void log.push(secrets.redact(message)),
      warning: (message) => {
        log.push(`warning: ${secrets.redact(message)}`)
        warnings.push(secrets.redact(message))
      }
    },
    runState: { beforeLock: () => undefined, beforeWrite: () => undefined },
    cancelled: options.cancelled ?? new AbortController().signal,
    forced: options.forced ?? new AbortController().signal,
    command: options.command ?? 'rotate',
    selected: configuration.rotations.filter(({ name }) => options.only?.includes(name) ?? true),
    reclaim: configuration.rotations.filter(({ name }) => options.reclaim?.includes(name) ?? false),
    facts: {
      id: run.runId,
      attempt: run.attempt,
      url: run.runUrl,
      repository: run.repository,
      workflow: run.workflow,
      event: 'schedule',
      actor: 'octocat',
      triggeringActor: 'octocat',
      reason: options.reason ?? 'scheduled'
    },
    warnings
  })
  let alertUrl: string | undefined
  let alertError: RotationError | undefined
  try {
    alertUrl = await alert.report(record)
  } catch (thrown) {
    alertError = asRotationError(thrown)
  }
  forgetHangs()
  process?.end()
  if (workflowRun !== undefined) workflowRun.status = 'completed'
  return { runId, record, log, alertUrl, alertError }
}
