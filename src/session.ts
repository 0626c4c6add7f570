import type { AlertPort } from './alerts/alert.ts'
import { compose, type Parts } from './compose.ts'
import { badConfiguration } from './config/load.ts'
import type { RotationConfiguration } from './config/schema.ts'
import { findMissingValues, needsGithubSecretsToken } from './config/values.ts'
import { asRotationError, type RotationError } from './rotation/error.ts'
import { runRotation } from './rotation/pipeline.ts'
import { makeRecord, recordRotation } from './rotation/record.ts'
import type { RotationRecord, RunRecord } from './rotation/record-schema.ts'

/** A run from a checked configuration to its record, whatever it runs in. */
export interface SessionRequest extends Parts {
  readonly command: string
  /** The rotations to run. */
  readonly selected: readonly RotationConfiguration[]
  /** Rotations whose lock an earlier process of the same owner left behind. */
  readonly reclaim: readonly RotationConfiguration[]
  readonly facts: RunRecord['run']
  /** How messages name the configuration. */
  readonly configurationLabel: string
  /** Warnings of the run; those that come up during it are added by the reporter. */
  readonly warnings: readonly string[]
}

/** What a run came to. */
export interface SessionResult {
  readonly record: RunRecord
  readonly alert: AlertPort
}

/** Runs rotations side by side and records what became of them. Throws only for a defect of this program. */
export async function runSession(request: SessionRequest): Promise<SessionResult> {
  const { clock, secrets, reporter } = request
  const startedAt = clock.now()
  const composition = compose(request)
  const rotations: RotationRecord[] = []
  let error: RotationError | undefined
  try {
    for (const rotation of request.reclaim) {
      if (await composition.contextOf(rotation).rotation.lock.reclaim())
        reporter.info(`[${rotation.name}] The lock was given back.`)
    }
    requireValues(request)
    const contexts = request.selected.map((rotation) => composition.contextOf(rotation))
    const runs = await Promise.all(contexts.map((context) => runRotation(context)))
    rotations.push(...runs.map((run, index) => recordRotation(contexts[index]!.rotation, run)))
  } catch (thrown) {
    error = asRotationError(thrown)
  }
  const record = makeRecord(
    {
      command: request.command,
      run: request.facts,
      startedAt,
      endedAt: clock.now(),
      warnings: request.warnings,
      ...(error === undefined ? {} : { error })
    },
    rotations,
    (text) => secrets.redact(text)
  )
  return { record, alert: composition.alert }
}

/** What is missing in the environment is said all at once, before anything is called. */
function requireValues({
  environment,
  configuration,
  selected,
  values,
  githubSecretsToken,
  configurationLabel
}: SessionRequest): void {
  const missing = findMissingValues(
    configuration,
    selected,
    (name) => values.get(name)?.reveal() ?? environment(name)
  )
  const token =
    needsGithubSecretsToken(selected) && githubSecretsToken === undefined
      ? [
          {
            path: 'github-secrets-token',
            message:
              'is not set, and github-secret destinations need it: GITHUB_TOKEN can never write secrets'
          }
        ]
      : []
  if (missing.length + token.length > 0) throw badConfiguration(configurationLabel, [...missing, ...token])
}
