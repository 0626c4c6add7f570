import type { RunEnding } from '../../sandbox/github/repository-parts.ts'
import { addWorkflow } from '../../sandbox/github/started-runs.ts'
import type { Call } from '../../sandbox/transcript.ts'
import { isCall } from '../../simulation/calls.ts'
import { configure, DEPLOY_GATE, gated, SINGLE_TOKEN } from '../../simulation/configurations.ts'
import { SECOND } from '../../simulation/times.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { createRotatedScenario, type Scenario, type ScenarioOptions } from './scenario.ts'

/** A run of the deployment that succeeds after a while. */
export const GREEN: RunEnding = { afterMs: 40 * SECOND, conclusion: 'success' }
/** A run of the deployment that fails after a while. */
export const RED: RunEnding = { afterMs: 40 * SECOND, conclusion: 'failure' }

/** One account token in a single slot, whose deployment must succeed. */
export const GATED = gated(configure(SINGLE_TOKEN, { rotation: { every: '30m' } }), DEPLOY_GATE)

/** The bootstrap pair in two slots, whose deployment must succeed. */
export const GATED_PAIR = gated(BOOTSTRAP, DEPLOY_GATE)

/** Options of a scenario with a deployment. */
export interface GatedOptions extends ScenarioOptions {
  /** Inputs that the deployment takes. */
  readonly inputs?: readonly string[]
}

/** Creates a rotated scenario with the workflow `deploy.yml`, whose runs end well unless {@link endDeployments} says otherwise. */
export async function createGatedScenario({ inputs = [], ...options }: GatedOptions = {}): Promise<Scenario> {
  return await createRotatedScenario({
    configuration: GATED,
    rotations: 1,
    ...options,
    startsWorkflows: true,
    prepare: (world) => {
      options.prepare?.(world)
      world.account.run.status = 'completed'
      addWorkflow(world.account.repository, 'deploy.yml', { runEnding: GREEN, dispatchInputs: inputs })
    }
  })
}

/** Sets how later runs of the deployment end; undefined for never. */
export function endDeployments({ account }: Scenario, runEnding: RunEnding | undefined): void {
  const deployment = account.repository.workflows.find(({ path }) => path.endsWith('/deploy.yml'))
  if (deployment !== undefined) deployment.runEnding = runEnding
}

/** The runs of the deployment, in their order. */
export function deploymentsOf({ account }: Scenario) {
  return account.repository.runs.filter(({ path }) => path.endsWith('/deploy.yml'))
}

/** What happened in a run since its first write, in the words of a rotation, in order; what is repeated is said once. */
export function courseOf({ sandbox }: Scenario): readonly string[] {
  const { calls } = sandbox.transcript
  const first = calls.findIndex(isCall('putSecret'))
  const words = calls.slice(first).flatMap((call) => wordFor(call) ?? [])
  return words.filter((word, index) => word !== words[index - 1])
}

function wordFor(call: Call): string | undefined {
  if (isCall('putSecret')(call) || isCall('editStored')(call)) return 'write'
  if (isCall('listSecrets')(call)) return 'confirm'
  if (isCall('startWorkflow')(call)) return 'start the workflow'
  if (isCall('readRun')(call)) return 'look at its run'
  if (call.operation === 'PUT /accounts/:account_id/tokens/:token_id') return 'disable'
  if (isCall('deleteToken')(call)) return 'delete'
  return undefined
}
