import type { AlertPort } from '../alerts/alert.ts'
import { combineAlerts } from '../alerts/alert-list.ts'
import { createRunReport } from './coordinator.ts'
import { createHeartbeat } from '../alerts/heartbeat.ts'
import type { RunRecord } from '../rotation/record/schema.ts'
import type { RotationConfiguration } from '../config/configuration.ts'
import { kindOf } from '../config/kinds.ts'
import { createWorkflowRuns } from '../github/workflow-runs.ts'
import type { RotationError } from '../kernel/error.ts'
import type { CheckPort } from '../rotation/model/finding.ts'
import type { WorkflowRuns } from '../rotation/model/ports.ts'
import type { RotationContext } from '../rotation/model/rotation.ts'
import { createChecks } from './checks.ts'
import { countFitting } from './fleet-limits.ts'
import { kinds } from './kinds.ts'
import { createRotation } from './rotation.ts'
import { createOwnWatches, createWatches } from './watch.ts'
import { createServices, type RunDependencies, type RunServices } from './services.ts'

/** The parts of a run. */
export interface Composition {
  /** Makes the context that a rotation of the configuration runs in. */
  contextOf(rotation: RotationConfiguration): RotationContext
  /** Sets what is called while rotations wait for their turn, with the time that it takes at least, in milliseconds. */
  onWait(look: (ms: number) => void): void
  /** How many rotations, in this order, the rate limits let a run begin and end in a time, in milliseconds. */
  countFitting(rotations: readonly RotationConfiguration[], timeMs: number): number
  /** Every channel as one. */
  readonly alert: AlertPort
  readonly alerts: readonly AlertPort[]
  /** Tells the heartbeat and the coordinator how a run ended; throws nothing. */
  readonly ended: (record: RunRecord) => Promise<void>
  /** Checks of the account, the repository and the tokens, for `command: check`. */
  readonly checks: readonly CheckPort[]
  /** Checks of the credentials in `watch`, for every command. */
  readonly watches: readonly CheckPort[]
  /** The error if the runner's clock is wrong; nothing was written then. */
  clockError(): RotationError | undefined
  /** The account id, and whether any call about it succeeded so far. */
  seenIds(): { readonly accountId: string; readonly accountAnswered: boolean }
}

/** Builds the parts of a run from its configuration. */
export function compose(parts: RunDependencies): Composition {
  const services = createServices(parts)
  const runs = createRuns(services, parts)
  const { run, force, contain, clock, random, runState, cancelled, configuration } = parts
  const { alert, lock } = configuration
  const alerts = alert.flatMap((one) => {
    const kind = kindOf(kinds.alerts, one)
    return parts.withoutGithub === true && kind.needsGithub === true ? [] : [kind.create(one, services)]
  })
  const heartbeat = createHeartbeat(services)
  const report = createRunReport(services.coordinator, services)
  return {
    contextOf: (rotation) => {
      const { services: own, forget } = services.forRotation()
      return {
        rotation: createRotation(own, rotation),
        ...{ run, runs, clock, random, runState, force, contain, cancelled, forget },
        reporter: services.reporterOf(rotation.name),
        leaseMs: lock.ttl,
        values: services.stepValues,
        inTurn: (work) => services.turns.take(work)
      }
    },
    onWait: (look) => services.turns.onWait(look),
    countFitting,
    alert: combineAlerts(alerts, { onFailure: (message) => services.reporter.warning(message) }),
    alerts,
    ended: async (record) => {
      await Promise.all([heartbeat(record), report(record)])
    },
    checks: [...createChecks(services), ...createOwnWatches(services)],
    watches: createWatches(services),
    clockError: services.clockError,
    seenIds: () => ({
      accountId: services.accountId,
      accountAnswered: services.accountAnswered()
    })
  }
}

/** The workflow runs; where no workflow queued this one, its values are as old as it says. */
function createRuns({ github }: RunServices, { run, valuesWrittenAt }: RunDependencies): WorkflowRuns {
  const runs = createWorkflowRuns(github, run)
  if (valuesWrittenAt === undefined) return runs
  return { ...runs, queuedAt: () => Promise.resolve(valuesWrittenAt()) }
}
