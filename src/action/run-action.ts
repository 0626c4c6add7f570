import { randomUUID } from 'node:crypto'
import * as core from '@actions/core'
import { findPlaceholders } from '../config/values.ts'
import { asRotationError } from '../kernel/error.ts'
import type { RunState } from '../rotation/model/ports.ts'
import type { RunRecord } from '../rotation/record/schema.ts'
import { SecretRegistry } from '../kernel/secret.ts'
import { listenForCancellation, type Cancellation } from './cancellation.ts'
import { readInputs } from './inputs.ts'
import { findJobEnd } from './job-time.ts'
import { createRunCommand } from './run-command.ts'
import { createReporter, logRecord } from './report/log.ts'
import { useProxyFromEnvironment } from './proxy.ts'
import { failureMessage, reportRun } from './report/report.ts'
import { readRunContext, type RunContext } from './run-context.ts'
import { Outputs } from './runner-files.ts'
import { keepHeapSmall } from './small-heap.ts'
import { PostState } from './state.ts'
import { pickRotations, selectRotations } from './selection.ts'
import { systemClock } from './system-clock.ts'

/** The longest `reason` that is kept. */
const MAX_REASON = 500

/** What `post` goes on with, where main did not come to its end. */
export interface Unfinished {
  /** The owner of main's locks. */
  readonly nonce: string
  /** Rotations that are run once more. */
  readonly again: readonly string[]
  /** Rotations whose lock is released. */
  readonly reclaim: readonly string[]
}

/** Runs the action as main: inputs and configuration in, rotations, report out. */
export async function runMain(): Promise<void> {
  const nonce = randomUUID()
  const notes = new PostState(nonce)
  await failOnError((scope) => runRotations({ ...scope, nonce, progress: notes }))
  notes.ended()
}

/** Goes on where main did not come to its end. */
export async function runUnfinished({ nonce, again, reclaim }: Unfinished): Promise<void> {
  const progress: RunState = { beforeLock: () => undefined, beforeWrite: () => undefined }
  await failOnError((scope) => runRotations({ ...scope, nonce, progress, unfinished: { again, reclaim } }))
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
async function failOnError(work: (scope: RunScope) => Promise<string | undefined>): Promise<void> {
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

/** @returns the message that the workflow is to fail with, or undefined */
async function runRotations(session: Session): Promise<string | undefined> {
  const { secrets, cancellation, nonce, progress, unfinished } = session
  const context = readRunContext(process.env)
  const inputs = readInputs(secrets)
  // Every driver comes with the configuration: an input that is wrong is reported without loading them.
  const { findWarnings, loadConfiguration, readValues, variablesOf } =
    await import('../compose/configuration.ts')
  const configuration = await loadConfiguration({ config: inputs.config, workspace: context.workspace })
  const selected =
    unfinished === undefined
      ? selectRotations(configuration, inputs.only)
      : pickRotations(configuration, unfinished.again)
  keepHeapSmall(selected.length)
  const { given } = inputs
  given.keepOnly(variablesOf(configuration))
  // A line of `env` for a secret that does not exist gives an empty text.
  const environment = (name: string): string | undefined => process.env[name] || given.find(name)
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
  const { record, alert, ended } = await runSession({
    ...{ configuration, values, placeholders, environment, selected, warnings, nonce, secrets },
    runState: progress,
    ...{ cloudflareApiUrl, githubToken, githubSecretsToken, force, contain, command },
    reclaim: pickRotations(configuration, unfinished?.reclaim ?? []),
    run: context,
    facts: describeRun(context, secrets.redact(reason).slice(0, MAX_REASON)),
    githubApiUrl: context.githubApiUrl,
    fetch: globalThis.fetch,
    runCommand: createRunCommand(process.env),
    clock: systemClock,
    random: Math.random,
    endsAt: await findJobEnd({ ...context, env: process.env, githubSecretsToken, now: systemClock.now() }),
    reporter: createReporter(secrets, warnings),
    cancelled: cancellation.asked,
    forced: cancellation.forced
  })
  logRecord(record)
  if (unfinished !== undefined && selected.length === 0 && record.error === null) return undefined
  const failed = await reportRun({ record, run: context, alert, redact: (text) => secrets.redact(text) })
  await ended(record)
  return failed ? failureMessage(record) : undefined
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
