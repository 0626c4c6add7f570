import type { AlertPort } from '../alerts/alert.ts'
import { createAlert } from './alert.ts'
import { createChecks } from './checks.ts'
import { createCredential } from './credentials.ts'
import { createDestination } from './destinations.ts'
import { createLock } from './lock.ts'
import { RunServices, type RunDependencies } from './services.ts'
import { findHome } from './home.ts'
import type { RotationConfiguration } from '../config/schema.ts'
import { createWorkflowRuns } from '../github/workflow-runs.ts'
import type { RotationError } from '../kernel/error.ts'
import type { CheckPort } from '../rotation/model/finding.ts'
import type { RevokePolicy, Rotation, RotationContext } from '../rotation/model/rotation.ts'

/** A run put together. */
export interface Composition {
  /** What a rotation of the configuration runs with. */
  contextOf(rotation: RotationConfiguration): RotationContext
  readonly alert: AlertPort
  /** What `command: check` looks at besides the rotations. */
  readonly checks: readonly CheckPort[]
  /** What is wrong with the runner's clock; nothing was written then. */
  clockError(): RotationError | undefined
  /** What the calls so far have shown of the ids in the configuration. */
  seenIds(): { readonly accountId: string; readonly accountAnswered: boolean }
}

/** Builds the parts of a run from its configuration: the one place that knows every kind of everything, with the files beside it. */
export function compose(parts: RunDependencies): Composition {
  const services = new RunServices(parts)
  const runs = createWorkflowRuns(services.github, parts.run)
  const { run, force, contain, clock, random, runState, cancelled, configuration } = parts
  return {
    contextOf: (rotation) => ({
      rotation: createRotation(services, rotation),
      ...{ run, runs, clock, random, runState, force, contain, cancelled },
      reporter: services.reporterOf(rotation.name),
      leaseMs: configuration.lock.ttl,
      values: services.values,
      forget: () => services.forget()
    }),
    alert: createAlert(services),
    checks: createChecks(services),
    clockError: () => services.clockWatch.error,
    seenIds: () => ({ accountId: configuration['account-id'], accountAnswered: services.accountAnswered })
  }
}

function createRotation(services: RunServices, configuration: RotationConfiguration): Rotation {
  const storeIds = configuration.destinations.flatMap((one) =>
    one.type === 'secrets-store' ? [one['store-id']] : []
  )
  const reporter = services.reporterOf(configuration.name)
  const revoke = revokePolicy(configuration)
  const home = findHome(
    services.dependencies.configuration,
    configuration,
    services.dependencies.run.repository
  )
  return {
    name: configuration.name,
    home,
    ...(configuration.every === undefined ? {} : { everyMs: configuration.every }),
    credentials: configuration.credentials.map((credential) =>
      createCredential(services, credential, {
        storeIds,
        reporter,
        headroom: configuration.credentials.filter(({ type }) => type === credential.type).length
      })
    ),
    destinations: configuration.destinations.map((destination) =>
      createDestination(services, destination, { home, waitForRuns: revoke.waitForRuns })
    ),
    lock: createLock(services, configuration.name),
    revoke
  }
}

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
