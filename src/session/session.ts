import type { AlertPort } from '../alerts/alert.ts'
import { compose, type Composition } from '../compose/compose.ts'
import type { RunDependencies } from '../compose/services.ts'
import { findHome } from '../compose/home.ts'
import type { RotationConfiguration } from '../config/configuration.ts'
import { asRotationError, RotationError } from '../kernel/error.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import type { Finding } from '../rotation/model/finding.ts'
import { checkRotation } from '../rotation/commands/check.ts'
import { runRotation } from '../rotation/commands/rotate.ts'
import { planRotation } from '../rotation/commands/plan.ts'
import { findRollbackObstacle, rollbackRotation } from '../rotation/commands/rollback.ts'
import type { RotationRun } from '../rotation/apply/run.ts'
import type { RotationContext } from '../rotation/model/rotation.ts'
import { makeRecord, recordRotation } from '../rotation/record/record.ts'
import type { FindingRecord, RotationRecord, RunRecord } from '../rotation/record/schema.ts'
import { heldIds } from '../rotation/model/observed-credential.ts'
import type { Command } from './command.ts'
import { explainFindings } from './explain-ids.ts'
import { explainRun, type SessionRun } from './explain-run.ts'
import { findLongGates } from './long-gates.ts'
import { describeMissing, findMissing, missingValues } from './missing-values.ts'
import { Progress } from './progress.ts'
import { sideBySide } from './side-by-side.ts'
import { describeShared, findShared, sharedValues } from './shared-values.ts'
import { warnOfTooMany } from './too-many.ts'
import { describeForgotten, findForgotten, findingFor } from './unseen-secondary.ts'

/** A run from a checked configuration to its record, whatever it runs in. */
export interface SessionRequest extends RunDependencies {
  readonly command: Command
  /** The rotations to run. */
  readonly selected: readonly RotationConfiguration[]
  /** Rotations whose lock an earlier process of the same owner left behind. */
  readonly reclaim: readonly RotationConfiguration[]
  readonly facts: RunRecord['run']
  /** Warnings of the run; those that come up during it are added by the reporter. */
  readonly warnings: readonly string[]
}

/** What a run came to. */
export interface SessionResult {
  readonly record: RunRecord
  readonly alert: AlertPort
  /** Tells the heartbeat and the coordinator how the run ended; throws nothing. */
  readonly ended: Composition['ended']
}

/** Runs rotations side by side and records what became of them. Throws only for a defect of this program. */
export async function runSession(request: SessionRequest): Promise<SessionResult> {
  const { clock, secrets } = request
  const startedAt = clock.now()
  const composition = compose(request)
  const rotations: RotationRecord[] = []
  const findings: FindingRecord[] = []
  let error: RotationError | undefined
  try {
    await reclaimLocks(request, composition)
    const runs = await runCommand(request, composition, findings)
    rotations.push(...runs.map(({ context, run }) => recordRotation(context.rotation, run)))
    warnOfForgotten(request, runs)
    findings.push(...(await watch(composition)))
    if (request.command === 'check') {
      const found = await checkTheRest(request, composition, runs)
      findings.push(...explainFindings(found, composition.seenIds()))
    }
  } catch (thrown) {
    error = asRotationError(thrown)
  }
  const record = makeRecord(
    withoutUndefined({
      command: request.command,
      run: request.facts,
      startedAt,
      endedAt: clock.now(),
      watched: composition.watches.length > 0,
      warnings: request.warnings,
      findings,
      error
    }),
    rotations,
    secrets
  )
  return { record, alert: composition.alert, ended: composition.ended }
}

/**
 * Runs the command for each selected rotation, unless the step lacks a value that they need.
 * @param findings takes what a check finds about the step's values
 */
async function runCommand(
  request: SessionRequest,
  composition: Composition,
  findings: FindingRecord[]
): Promise<readonly SessionRun[]> {
  notePlaceholders(request)
  const missing = findMissing(request)
  const shared = findShared(request)
  if (request.command === 'check') {
    findings.push(
      ...describeMissing(missing),
      ...describeShared(shared),
      ...describeWarnings(request.warnings)
    )
  } else if (missing.length > 0) throw missingValues(missing)
  else if (shared.length > 0) throw sharedValues(shared)
  const contexts = request.selected.map((configuration) => ({
    configuration,
    context: composition.contextOf(configuration)
  }))
  const long = findLongGates(
    request,
    contexts.map(({ context }) => context)
  )
  if (request.command === 'check') findings.push(...describeWarnings(long))
  else for (const warning of long) request.reporter.warning(warning)
  if (request.command === 'rollback') requireWaysBack(contexts.map(({ context }) => context))
  const progress = new Progress({ ...request, total: contexts.length })
  composition.onWait((ms) => progress.look(ms))
  const done = await sideBySide(contexts, async (one) => {
    const run = await COMMANDS[request.command](one.context)
    for (const credential of one.context.rotation.credentials) credential.release()
    progress.ended()
    return { ...one, run }
  })
  const clockError = composition.clockError()
  if (clockError !== undefined) throw clockError
  warnOfTooMany(request, composition, done)
  const ids = composition.seenIds()
  return done.map((one) => ({ ...one, run: explainRun(request, one, { missing, ids }) }))
}

async function reclaimLocks({ reclaim, reporter }: SessionRequest, composition: Composition): Promise<void> {
  for (const rotation of reclaim) {
    if (await composition.contextOf(rotation).rotation.lock.reclaim())
      reporter.info(`[${rotation.name}] The lock was released.`)
  }
}

const COMMANDS: Readonly<Record<Command, (context: RotationContext) => Promise<RotationRun>>> = {
  rotate: runRotation,
  plan: planRotation,
  check: checkRotation,
  rollback: rollbackRotation,
  contain: runRotation
}

/** A rotation that can't go back keeps the others from being touched: half of what was asked for is not what was asked for. */
function requireWaysBack(contexts: readonly RotationContext[]): void {
  const obstacles = contexts.flatMap(({ rotation }) => findRollbackObstacle(rotation) ?? [])
  if (obstacles.length === 0) return
  throw new RotationError('no-fallback', [...obstacles, 'Nothing was changed.'].join('\n'), {
    hint: 'Name the rotations to roll back in the input `only`.'
  })
}

/** Says once that dummies were taken for not set. */
function notePlaceholders({ placeholders, reporter }: SessionRequest): void {
  if (placeholders === undefined || placeholders.size === 0) return
  reporter.info(
    `Taken for not set, since a value under 16 characters is a placeholder: ${[...placeholders].join(', ')}.`
  )
}

/** A check says it as a finding. */
function warnOfForgotten(request: SessionRequest, runs: readonly SessionRun[]): void {
  if (request.command === 'check') return
  for (const { context, run } of runs) {
    for (const name of findForgotten(run, (one) => request.values.has(one)))
      context.reporter.warning(describeForgotten(name))
  }
}

function describeWarnings(warnings: readonly string[]): readonly FindingRecord[] {
  return warnings.map((message) => ({
    rotation: null,
    kind: 'configuration',
    severity: 'warning',
    on: message.split(':', 1)[0] ?? 'configuration',
    message,
    action: 'Change the configuration, or leave it so knowingly.'
  }))
}

/** What is wrong with the credentials that are only watched. */
async function watch({ watches }: Composition): Promise<readonly FindingRecord[]> {
  const found = await Promise.all(
    watches.map((check) => check.run({ heldIds: new Set(), credentials: new Set() }))
  )
  return found.flat().map((finding) => ({ ...finding, rotation: null }))
}

/** What the rotations found, then everything that is no rotation's: the account, the repository, the alert. */
async function checkTheRest(
  request: SessionRequest,
  { checks, alerts }: Composition,
  runs: readonly SessionRun[]
): Promise<readonly FindingRecord[]> {
  const own = runs.flatMap(({ context, run }) =>
    [...(run.findings ?? []), ...findForgotten(run, (name) => request.values.has(name)).map(findingFor)].map(
      (finding) => ({ ...finding, rotation: context.rotation.name })
    )
  )
  const known = {
    heldIds: new Set(
      runs.flatMap(({ run }) => (run.observation?.credentials ?? []).flatMap((one) => [...heldIds(one)]))
    ),
    credentials: new Set(
      request.configuration.rotations.flatMap((rotation) =>
        [...findHome(request.configuration, rotation, request.run.repository).own].flatMap((home) =>
          rotation.credentials.map((credential) => `${home}/${rotation.name}/${credential.name}`)
        )
      )
    )
  }
  const others = await Promise.all([
    ...checks.map((check) => check.run(known)),
    ...alerts.map(findAlertTrouble)
  ])
  return [...own, ...others.flat().map((finding) => ({ ...finding, rotation: null }))]
}

/** An alert that can't be raised is found out when nothing is wrong yet. */
async function findAlertTrouble(alert: AlertPort): Promise<readonly Finding[]> {
  try {
    await alert.verify()
    return []
  } catch (thrown) {
    const { message, hint } = asRotationError(thrown)
    return [
      {
        kind: 'alert',
        severity: 'error',
        on: alert.label,
        message,
        action: hint ?? 'See whether an alert can be raised by hand.'
      }
    ]
  }
}
