import type { RunEnding } from '../sandbox/github/repository-parts.ts'
import { addWorkflow } from '../sandbox/github/started-runs.ts'
import type { Call } from '../sandbox/transcript.ts'
import { configure, gated, IN_PLACE, SINGLE_TOKEN } from './configurations.ts'
import type { Violation } from './invariants.ts'
import { SECOND } from './times.ts'
import { ACCESS, BOOTSTRAP, type World } from './world.ts'

const FILE = 'deploy.yml'
const GREEN: RunEnding = { afterMs: 20 * SECOND, conclusion: 'success' }
/** The gate that starts the deployment. */
export const GATE = { workflow: { file: FILE, timeout: '60s' } } as const

/** One token in a single slot, whose deployment must succeed. */
export const GATED = gated(SINGLE_TOKEN, GATE)
/** The same, rotated only when it is due: the run after a killed one need not rotate. */
export const GATED_WHEN_DUE = gated(configure(SINGLE_TOKEN, { rotation: { every: '30m' } }), GATE)
/** The pair in two slots, whose deployment must succeed. */
export const GATED_PAIR = gated(BOOTSTRAP, GATE)
/** An Access service token, replaced or with a new secret in place, whose deployment must succeed. */
export const GATED_ACCESS = gated(ACCESS, GATE)
export const GATED_IN_PLACE = gated(IN_PLACE, GATE)

/** Adds the deployment that gates start; its runs succeed. */
export function addDeployment({ account }: World): void {
  addWorkflow(account.repository, FILE, { runEnding: GREEN })
}

/** Makes the deployment fail. */
export function failDeployment(world: World): () => void {
  return endWith(world, { ...GREEN, conclusion: 'failure' })
}

/** Makes the deployment run until the world is in order again; GitHub ends it then. */
export function hangDeployment(world: World): () => void {
  const putInOrder = endWith(world, undefined)
  return () => {
    putInOrder()
    for (const run of world.account.repository.runs)
      if (run.path.endsWith(`/${FILE}`)) run.status = 'completed'
  }
}

/** Makes GitHub accept the start of a deployment that never begins. */
export function swallowDeployment({ account }: World): () => void {
  account.repository.swallowedDispatches = Infinity
  return () => {
    account.repository.swallowedDispatches = 0
  }
}

function endWith({ account }: World, runEnding: RunEnding | undefined): () => void {
  const deployment = account.repository.workflows.find(({ path }) => path.endsWith(`/${FILE}`))
  if (deployment === undefined) throw new Error('the world has no deployment')
  deployment.runEnding = runEnding
  return () => {
    deployment.runEnding = GREEN
  }
}

/**
 * Finds deletions of what a slot held before the gates had passed with its successor, in this run or in one that was killed later. What the run itself
 * made may be deleted, since it undoes that.
 */
export function findUngatedRevocations(
  { account, sandbox }: World,
  {
    configuration,
    calls,
    everHeld,
    runId
  }: {
    readonly configuration: string
    readonly calls: readonly Call[]
    readonly everHeld: ReadonlySet<string>
    readonly runId: number
  }
): readonly Violation[] {
  if (!configuration.includes('"rollout"')) return []
  const { tokens, access } = sandbox.cloudflare
  const objects = [
    ...tokens.all.map((one) => ({ ...one, at: one.issuedOn })),
    ...access.serviceTokens.all.map((one) => ({ ...one, at: one.createdAt }))
  ]
  const own = new Set(objects.filter(({ name }) => name.includes(`-${runId}.`)).map(({ id }) => id))
  const newest = Math.max(
    ...objects
      .filter(({ name, deletedAt }) => name.startsWith('rotate/') && deletedAt === undefined)
      .map(({ at }) => at)
  )
  const passedAt = account.repository.runs
    .filter(({ path, conclusion }) => path.endsWith(`/${FILE}`) && conclusion === 'success')
    .filter(({ createdAt }) => createdAt >= newest)
    .map(({ updatedAt }) => updatedAt)
  return calls.flatMap((call): Violation[] => {
    const id = findDeleted(call)
    if (id === undefined || !everHeld.has(id) || own.has(id)) return []
    if (passedAt.some((at) => at <= call.startedAt)) return []
    return [{ invariant: 'I2', what: `I2: ${id} was revoked before the rollout gates passed`, call }]
  })
}

/** The id of the token that a call has deleted. */
function findDeleted({ method, path, applied }: Call): string | undefined {
  return method === 'DELETE' && applied ? /\/(?:service_)?tokens\/([^/]+)$/.exec(path)?.[1] : undefined
}
