import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as core from '@actions/core'
import type { AlertPort } from '../alerts/alert.ts'
import { asRotationError } from '../rotation/error.ts'
import { isFailure } from '../rotation/outcome.ts'
import type { RunRecord } from '../rotation/record-schema.ts'
import type { RunContext } from './run-context.ts'
import { writeSummary } from './summary.ts'

/** What a finished run tells the outside. */
export interface Report {
  readonly record: RunRecord
  readonly run: RunContext
  /** Absent where the run ended before it was known where to alert. */
  readonly alert: AlertPort | undefined
  readonly redact: (text: string) => string
}

/**
 * Reports a finished run: outputs, the record's file, the job summary and the alert. What can't be reported is warned about and hides nothing.
 * @returns whether the workflow is to fail
 */
export async function reportRun({ record, run, alert, redact }: Report): Promise<boolean> {
  core.setOutput('outcome', record.outcome)
  core.setOutput(
    'rotated',
    record.rotations
      .filter(({ outcome }) => outcome === 'rotated')
      .map(({ name }) => name)
      .join(',')
  )
  core.setOutput('next-due', record.rotations.flatMap(({ nextDue }) => nextDue ?? []).sort()[0] ?? '')
  const json = JSON.stringify(record)
  core.setOutput('record', json)
  await attempt('The record could not be written to a file', async () => {
    const path = join(run.temp, `rotation-record-${run.runId}-${run.attempt}.json`)
    await writeFile(path, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 })
    core.setOutput('record-file', path)
  })
  await attempt('The alert failed', async () => {
    const url = await alert?.report(record)
    core.setOutput('alert-url', url ?? '')
    if (url !== undefined) core.info(isFailure(record.outcome) ? `Alert: ${url}` : `Alert closed: ${url}`)
  })
  await attempt('The job summary could not be written', async () => {
    await core.summary.addRaw(writeSummary(record), true).write()
  })
  return isFailure(record.outcome)

  async function attempt(context: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      const error = asRotationError(thrown)
      core.warning(redact(`${context}: ${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}`))
    }
  }
}

/** The one message that the workflow fails with. */
export function failureMessage({ rotations, error, findings }: RunRecord): string {
  const failures = rotations.flatMap(({ name, outcome, error: failure, left, steps }) => {
    if (!isFailure(outcome) || outcome === 'unhealthy') return []
    const untouched = !steps.some(
      ({ name: step }) => step === 'stage' || step === 'create' || step === 'promote' || step === 'revoke'
    )
    const state =
      outcome === 'rolled-back'
        ? 'Rolled back: PRIMARY is as it was, and works as it did.'
        : untouched
          ? 'Nothing was changed.'
          : ['Not everything could be put back:', ...left].join(' ')
    return [
      `${name}: ${failure?.message ?? 'failed'}\n${state}${failure?.hint == null ? '' : `\n${failure.hint}`}`
    ]
  })
  const whole = error === null ? [] : [`${error.message}${error.hint === null ? '' : `\n${error.hint}`}`]
  const wrong = findings
    .filter(({ severity }) => severity === 'error')
    .map(({ message, action }) => `${message}\n${action}`)
  return [...whole, ...failures, ...wrong].join('\n\n')
}
