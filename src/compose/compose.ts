import type { AlertPort } from '../alerts/alert.ts'
import type { RotationConfiguration } from '../config/configuration.ts'
import { kindOf } from '../config/kinds.ts'
import { createWorkflowRuns } from '../github/workflow-runs.ts'
import type { RotationError } from '../kernel/error.ts'
import type { CheckPort } from '../rotation/model/finding.ts'
import type { RotationContext } from '../rotation/model/rotation.ts'
import { createChecks } from './checks.ts'
import { kinds } from './kinds.ts'
import { createRotation } from './rotation.ts'
import { createServices, type RunDependencies } from './services.ts'

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

/** Builds the parts of a run from its configuration. */
export function compose(parts: RunDependencies): Composition {
  const services = createServices(parts)
  const runs = createWorkflowRuns(services.github, parts.run)
  const { run, force, contain, clock, random, runState, cancelled, configuration } = parts
  const { alert, lock } = configuration
  return {
    contextOf: (rotation) => ({
      rotation: createRotation(services, rotation),
      ...{ run, runs, clock, random, runState, force, contain, cancelled },
      reporter: services.reporterOf(rotation.name),
      leaseMs: lock.ttl,
      values: services.stepValues,
      forget: services.forget
    }),
    alert: kindOf(kinds.alerts, alert).create(alert, services),
    checks: createChecks(services),
    clockError: services.clockError,
    seenIds: () => ({
      accountId: services.accountId,
      accountAnswered: services.accountAnswered()
    })
  }
}
