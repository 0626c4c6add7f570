import { randomUUID } from 'node:crypto'
import * as core from '@actions/core'
import { asRotationError } from '../kernel/error.ts'
import type { RunState } from '../rotation/model/ports.ts'
import { SecretRegistry } from '../kernel/secret.ts'
import { listenForCancellation, type Cancellation } from './cancellation.ts'
import { readInputs } from './inputs.ts'
import { findJobEnd } from './job-time.ts'
import { createRunCommand } from '../process/run-command.ts'
import { createReporter, logRecord } from './report/log.ts'
import { useProxyFromEnvironment } from '../process/proxy.ts'
import { failureMessage } from '../report/failure-message.ts'
import { reportRun } from './report/report.ts'
import { launch } from '../session/launch.ts'
import { readRunContext } from './run-context.ts'
import { Outputs } from './runner-files.ts'
import { keepHeapSmall } from './small-heap.ts'
import { PostState } from './state.ts'
import { pickRotations, selectRotations } from '../session/selection.ts'
import { systemClock } from '../process/system-clock.ts'

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
async function runRotations({
  secrets,
  cancellation,
  nonce,
  progress,
  unfinished
}: Session): Promise<string | undefined> {
  const run = readRunContext(process.env)
  const { only, given, ...inputs } = readInputs(secrets)
  const { githubSecretsToken } = inputs
  const { record, alert, ended, selected } = await launch({
    ...{ ...inputs, secrets, nonce, run },
    workspace: run.workspace,
    select: (configuration) => {
      const picked =
        unfinished === undefined
          ? selectRotations(configuration, only)
          : pickRotations(configuration, unfinished.again)
      keepHeapSmall(picked.length)
      return picked
    },
    reclaim: unfinished?.reclaim ?? [],
    environmentFor: (_, variables) => {
      given.keepOnly(variables)
      // A line of `env` for a secret that does not exist gives an empty text.
      return (name) => process.env[name] || given.find(name)
    },
    findWarnings: async () => [await useProxyFromEnvironment(process.env)].flatMap((one) => one ?? []),
    onWarning: (message) => core.warning(message),
    reporterFor: (warnings) => createReporter(secrets, warnings),
    runState: progress,
    githubApiUrl: run.githubApiUrl,
    fetch: globalThis.fetch,
    runCommand: createRunCommand(process.env),
    clock: systemClock,
    random: Math.random,
    endsAt: await findJobEnd({ ...run, env: process.env, githubSecretsToken, now: systemClock.now() }),
    cancelled: cancellation.asked,
    forced: cancellation.forced
  })
  logRecord(record)
  if (unfinished !== undefined && selected.length === 0 && record.error === null) return undefined
  const failed = await reportRun({ record, run, alert, redact: (text) => secrets.redact(text) })
  await ended(record)
  return failed ? failureMessage(record) : undefined
}
