import { randomUUID } from 'node:crypto'
import * as core from '@actions/core'
import type { Configuration, RotationConfiguration } from '../config/configuration.ts'
import { findPlaceholders } from '../config/values.ts'
import { RotationError, asRotationError } from '../kernel/error.ts'
import type { RunState } from '../rotation/model/ports.ts'
import { isFailure } from '../rotation/model/outcome.ts'
import type { RotationRecord, RunRecord } from '../rotation/record/schema.ts'
import { SecretRegistry } from '../kernel/secret.ts'
import { listenForCancellation, type Cancellation } from './cancellation.ts'
import { readInputs } from './inputs.ts'
import { createRunCommand } from './run-command.ts'
import { describeWhy, listPlan, summarizePlan } from './plan-lines.ts'
import { useProxyFromEnvironment } from './proxy.ts'
import { failureMessage, reportRun } from './report.ts'
import { readRunContext, type RunContext } from './run-context.ts'
import { Outputs } from './runner-files.ts'
import { PostState } from './state.ts'
import { systemClock } from './system-clock.ts'

/** The longest `reason` that is kept. */
const MAX_REASON = 500

/** What `post` goes on with, where main did not come to its end. */
export interface Unfinished {
  /** The owner of main's locks. */
  readonly nonce: string
  /** Rotations that are run once more. */
  readonly again: readonly string[]
  /** Rotations whose lock is given back. */
  readonly reclaim: readonly string[]
}

/** Runs the action as main: inputs and configuration in, rotations, report out. */
export async function runMain(): Promise<void> {
  const nonce = randomUUID()
  const notes = new PostState(nonce)
  await failOnError((surroundings) => runRotations({ ...surroundings, nonce, progress: notes }))
  notes.ended()
}

/** Goes on where main did not come to its end. */
export async function runUnfinished({ nonce, again, reclaim }: Unfinished): Promise<void> {
  const progress: RunState = { beforeLock: () => undefined, beforeWrite: () => undefined }
  await failOnError((surroundings) =>
    runRotations({ ...surroundings, nonce, progress, unfinished: { again, reclaim } })
  )
}

interface RunScope {
  readonly secrets: SecretRegistry
  readonly cancellation: Cancellation
}

interface Session extends RunScope {
  readonly nonce: string
  readonly progress: RunState
  readonly unfinished?: Pick<Unfinished, 'again' | 'reclaim'>
}

/** Runs the work with signals caught, and fails the workflow with its message, if there is one; the only caller of `setFailed`. */
async function failOnError(work: (surroundings: RunScope) => Promise<string | undefined>): Promise<void> {
  const secrets = new SecretRegistry((value) => core.setSecret(value))
  const cancellation = listenForCancellation((signal) =>
    core.warning(`${signal}: the run is asked to stop; it ends what it has begun, or undoes it.`)
  )
  try {
    const failure = await work({ secrets, cancellation })
    if (failure !== undefined) core.setFailed(secrets.redact(failure))
  } catch (thrown) {
    const error = asRotationError(thrown)
    core.setFailed(
      secrets.redact(error.hint === undefined ? error.message : `${error.message}\n${error.hint}`)
    )
    const outputs = new Outputs()
    outputs.set('outcome', 'failed')
    outputs.warn()
    if (error.code === 'internal')
      core.debug(secrets.redact(String(error.cause instanceof Error ? error.cause.stack : error.stack)))
  } finally {
    cancellation.dispose()
  }
}

/**
 * Makes a text that may come from an API or a process safe for the log: the runner takes a line that begins with `::`, or that has `##[` in it,
 * for a command to itself (its source, ActionCommand).
 */
function plainLines(text: string): string {
  return text
    .replaceAll('##[', '##\u200b[')
    .split(/\r\n|\r|\n/)
    .map((line, index) => (index > 0 || line.trimStart().startsWith('::') ? `| ${line}` : line))
    .join('\n')
}

/** @returns the message that the workflow is to fail with, or undefined */
async function runRotations(session: Session): Promise<string | undefined> {
  const { secrets, cancellation, nonce, progress, unfinished } = session
  const context = readRunContext(process.env)
  const inputs = readInputs(secrets)
  // Every driver comes with the configuration: an input that is wrong is reported without loading them.
  const { findWarnings, loadConfiguration, readValues } = await import('../compose/configuration.ts')
  const configuration = await loadConfiguration({ config: inputs.config, workspace: context.workspace })
  const selected =
    unfinished === undefined
      ? selectRotations(configuration, inputs.only)
      : pickRotations(configuration, unfinished.again)
  const environment = (name: string): string | undefined => process.env[name]
  const values = readValues(configuration, environment, secrets)
  const placeholders = findPlaceholders(configuration, environment)
  const warnings = [
    ...findWarnings(configuration, context),
    await useProxyFromEnvironment(process.env)
  ].filter((warning) => warning !== undefined)
  for (const warning of warnings) core.warning(warning)
  const { runSession } = await import('../session/session.ts')
  const { cloudflareApiUrl, githubToken, githubSecretsToken, force, reason, command } = inputs
  const contain = command === 'contain'
  const { record, alert } = await runSession({
    ...{
      configuration,
      values,
      placeholders,
      environment,
      selected,
      warnings,
      nonce,
      runState: progress,
      secrets
    },
    ...{ cloudflareApiUrl, githubToken, githubSecretsToken, force, contain, command },
    reclaim: pickRotations(configuration, unfinished?.reclaim ?? []),
    run: context,
    facts: describeRun(context, secrets.redact(reason).slice(0, MAX_REASON)),
    githubApiUrl: context.githubApiUrl,
    fetch: globalThis.fetch,
    runCommand: createRunCommand(process.env),
    clock: systemClock,
    random: Math.random,
    reporter: {
      info: (message) => core.info(plainLines(secrets.redact(message))),
      warning: (message) => {
        const clean = secrets.redact(message)
        warnings.push(clean)
        core.warning(clean)
      }
    },
    cancelled: cancellation.asked,
    forced: cancellation.forced
  })
  for (const rotation of record.rotations) {
    for (const line of describeRotation(rotation)) core.info(plainLines(`[${rotation.name}] ${line}`))
  }
  for (const { severity, message, action } of record.findings) {
    core.info(plainLines(`${severity}: ${message} ${severity === 'info' ? '' : `Do: ${action}`}`.trimEnd()))
  }
  if (unfinished !== undefined && selected.length === 0 && record.error === null) return undefined
  const failed = await reportRun({ record, run: context, alert, redact: (text) => secrets.redact(text) })
  return failed ? failureMessage(record) : undefined
}

/** What the log says of a rotation at its end. */
function describeRotation(rotation: RotationRecord): readonly string[] {
  const { outcome, plan } = rotation
  if (plan === null) {
    const why = isFailure(outcome) ? '' : describeWhy(rotation)
    return [`${outcome}${why === '' ? '' : `: ${why}`}`]
  }
  return [
    `${outcome}: ${summarizePlan(rotation)}`,
    ...listPlan(plan).map(({ what, on, reason: why }) =>
      what === 'obstacle' ? `  obstacle: ${why}` : `  ${what} ${on}: ${why}`
    )
  ]
}

function selectRotations(
  { rotations }: Configuration,
  only: readonly string[]
): readonly RotationConfiguration[] {
  const unknown = only.filter((name) => !rotations.some((rotation) => rotation.name === name))
  if (unknown.length > 0) {
    const names = rotations.map(({ name }) => name).join(', ')
    throw new RotationError('bad-input', `only: there is no rotation named ${unknown.join(', ')}.`, {
      hint: `There are: ${names}.`
    })
  }
  return only.length === 0 ? rotations : rotations.filter(({ name }) => only.includes(name))
}

function pickRotations(
  { rotations }: Configuration,
  names: readonly string[]
): readonly RotationConfiguration[] {
  return rotations.filter(({ name }) => names.includes(name))
}

function describeRun(context: RunContext, reason: string): RunRecord['run'] {
  return {
    id: context.runId,
    attempt: context.attempt,
    url: context.runUrl,
    repository: context.repository,
    workflow: context.workflow,
    event: context.event,
    actor: context.actor,
    triggeringActor: context.triggeringActor,
    reason
  }
}
