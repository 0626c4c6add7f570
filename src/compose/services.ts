import type { AuthCandidate } from '../cloudflare/account.ts'
import { cloudflareErrorMapper } from '../cloudflare/errors/error-mapper.ts'
import { RATE_LIMITS as CLOUDFLARE_LIMITS } from '../cloudflare/limits.ts'
import type { CloudflareServices } from '../cloudflare/services.ts'
import type { Configuration } from '../config/configuration.ts'
import { GitHubClient, type GitHubServices } from '../github/client.ts'
import { githubErrorMapper } from '../github/error-mapper.ts'
import { RATE_LIMITS as GITHUB_LIMITS } from '../github/limits.ts'
import { createApiFetch } from '../http/api-fetch.ts'
import { ClockWatch } from '../http/clock-watch.ts'
import type { ErrorMapper, HttpServices } from '../http/error-mapper.ts'
import { RateLimiter } from '../http/rate-limiter.ts'
import { Turns } from '../http/turns.ts'
import type { RunCommand } from '../kernel/command.ts'
import type { Clock } from '../kernel/clock.ts'
import type { RotationError } from '../kernel/error.ts'
import type { AuthRole } from '../kernel/kinds.ts'
import type { Secret, SecretRegistry } from '../kernel/secret.ts'
import type { Reporter, RunState } from '../rotation/model/ports.ts'
import type { DriverServices, ThisRun } from '../rotation/model/services.ts'
import { StepValues } from '../rotation/model/slot-values.ts'
import type { CoordinatorServices } from '../coordinator/client.ts'
import { createCoordinator } from './coordinator.ts'
import { Accounts } from './accounts.ts'
import { RunMemory } from './run-memory.ts'

/** The inputs of a run. Effects such as `fetch` and the clock are inputs too, so that a run can be replayed. */
export interface RunDependencies {
  readonly configuration: Configuration
  /** Every value that the configuration names, by environment variable. */
  readonly values: ReadonlyMap<string, Secret>
  /** Variables whose value is a placeholder, which counts as not set. */
  readonly placeholders?: ReadonlySet<string>
  readonly cloudflareApiUrl: string
  readonly githubApiUrl: string
  readonly githubToken: Secret | undefined
  readonly githubSecretsToken: Secret | undefined
  readonly run: ThisRun
  /** Tells this job from others of the same run. */
  readonly nonce: string
  readonly force: boolean
  /** Whether the command is `contain`. */
  readonly contain: boolean
  /** Whether GitHub is not called: its destinations, gates and alerts are left out. */
  readonly withoutGithub?: boolean
  /** When the run's values were written down, in milliseconds, for a run that no workflow queued. */
  readonly valuesWrittenAt?: () => number
  readonly fetch: typeof fetch
  readonly runCommand: RunCommand
  /** A variable of the step, for `${NAME}` in probes and destinations. */
  readonly environment: (name: string) => string | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly secrets: SecretRegistry
  readonly reporter: Reporter
  readonly runState: RunState
  /** When the job ends, in milliseconds since the epoch; undefined where that is not known. */
  readonly endsAt?: number | undefined
  /** Aborted when the run is asked to stop. */
  readonly cancelled: AbortSignal
  /** Aborted when no more calls may be made. */
  readonly forced: AbortSignal
}

/** Services that all parts of a run share: effects, clients, the account as each role sees it, and reads that are made once. */
export interface RunServices
  extends DriverServices, CloudflareServices, CoordinatorServices, GitHubServices, HttpServices {
  readonly configuration: Configuration
  readonly withoutGithub?: boolean
  readonly stepValues: StepValues
  /** The tokens of a role with the names of their variables, in the order in which they are tried. */
  readonly candidatesOf: (role: AuthRole) => readonly AuthCandidate[]
  /** Services of one rotation, which forgets on its own what was read once. */
  readonly forRotation: () => { readonly services: RunServices; readonly forget: () => void }
  /** Gives the rotations their turns to write. */
  readonly turns: Turns
  /** The error if the answers so far show that the runner's clock is wrong. */
  readonly clockError: () => RotationError | undefined
  /** Tells whether any call about the account succeeded. */
  readonly accountAnswered: () => boolean
}

/** Makes the services of a run. */
export function createServices(parts: RunDependencies): RunServices {
  const { configuration, reporter } = parts
  const stepValues = new StepValues(parts.values, parts.placeholders)
  const valuesOf = (name: string): readonly Secret[] => stepValues.allOf(name)
  const memory = new RunMemory((message) => reporter.warning(message))
  const watch = watchCloudflare(parts)
  const limiters = {
    cloudflare: new RateLimiter(parts.clock, CLOUDFLARE_LIMITS),
    github: new RateLimiter(parts.clock, GITHUB_LIMITS)
  }
  const accounts = new Accounts({
    accountId: configuration['account-id'],
    auth: configuration.auth,
    apiUrl: parts.cloudflareApiUrl,
    fetch: createFetch(parts, cloudflareErrorMapper, { send: watch.fetch, limiter: limiters.cloudflare }),
    onFallback: (message) => reporter.warning(message),
    valuesOf
  })
  const { githubApiUrl: apiUrl } = parts
  const githubFetch = createFetch(parts, githubErrorMapper, { limiter: limiters.github })
  const clientOf = (token: Secret | undefined): GitHubClient | undefined =>
    token === undefined ? undefined : new GitHubClient(token, { apiUrl, fetch: githubFetch })
  const services: RunServices = {
    ...parts,
    accountId: configuration['account-id'],
    stepValues,
    coordinator: createCoordinator(configuration, { ...parts, valuesOf }),
    valuesOf,
    account: (role) => accounts.of(role),
    candidatesOf: (role) => accounts.candidatesOf(role),
    github: clientOf(parts.githubToken),
    githubSecrets: clientOf(parts.githubSecretsToken),
    apiFetch: (errorMapper) => createFetch(parts, errorMapper),
    reporterOf: (rotation) => prefixed(reporter, rotation),
    warnOnce: (message) => memory.warnOnce(message),
    ...memory.view(),
    readForRun: (key, read) => memory.readForRun(key, read),
    shared: (key, make) => memory.shared(key, make),
    forRotation: () => {
      const { forget, ...view } = memory.view()
      return { services: { ...services, ...view }, forget }
    },
    turns: new Turns({ ...parts, limiters: Object.values(limiters) }),
    clockError: () => watch.clock.error,
    accountAnswered: () => watch.answered()
  }
  return services
}

/** Makes a `fetch` that compares the runner's clock with Cloudflare's answers and notes whether any of them was a success. */
function watchCloudflare({ clock, fetch: send }: RunDependencies) {
  const watch = new ClockWatch(clock)
  let answered = false
  const watchedFetch: typeof fetch = async (...call) => {
    const response = await send(...call)
    watch.check(response.headers)
    answered ||= response.ok
    return response
  }
  return { fetch: watchedFetch, clock: watch, answered: () => answered }
}

/** Makes a `fetch` for one API, in which every failure is a RotationError. */
function createFetch(
  { clock, random, forced, reporter, secrets, fetch: direct }: RunDependencies,
  errorMapper: ErrorMapper,
  { send = direct, ...rated }: { readonly send?: typeof fetch; readonly limiter?: RateLimiter } = {}
): typeof fetch {
  return createApiFetch({
    ...rated,
    errorMapper,
    fetch: send,
    clock,
    random,
    signal: forced,
    redact: (text) => secrets.redact(text),
    onRetry: (message) => reporter.info(message)
  })
}

function prefixed(reporter: Reporter, rotation: string): Reporter {
  return {
    info: (message) => reporter.info(`[${rotation}] ${message}`),
    warning: (message) => reporter.warning(`[${rotation}] ${message}`)
  }
}
