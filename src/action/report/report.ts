import * as core from '@actions/core'
import type { AlertPort } from '../../alerts/alert.ts'
import { asRotationError } from '../../kernel/error.ts'
import { isFailure } from '../../rotation/model/outcome.ts'
import type { RunRecord } from '../../rotation/record/schema.ts'
import { writeRecordFile } from './record-file.ts'
import type { RunContext } from '../run-context.ts'
import { describeFileError, Outputs } from '../runner-files.ts'
import { writeSummary } from './summary.ts'

/** A finished run and the ways to report it. */
export interface Report {
  readonly record: RunRecord
  readonly run: RunContext
  /** Absent where the run failed before the configuration was read. */
  readonly alert: AlertPort | undefined
  readonly redact: (text: string) => string
}

/**
 * Reports a finished run: first the alert, then the outputs, the record's file and the job summary. A part that cannot be reported becomes a
 * warning and does not keep the others back.
 * @returns whether the workflow is to fail
 */
export async function reportRun({ record, run, alert, redact }: Report): Promise<boolean> {
  const outputs = new Outputs()
  outputs.set('alert-url', (await raiseAlert(record, { alert, redact })) ?? '')
  outputs.set('outcome', record.outcome)
  outputs.set(
    'rotated',
    record.rotations
      .filter(({ outcome }) => outcome === 'rotated')
      .map(({ name }) => name)
      .join(',')
  )
  outputs.set('due', JSON.stringify(findDue(record)))
  outputs.set('next-due', record.rotations.flatMap(({ nextDue }) => nextDue ?? []).sort()[0] ?? '')
  outputs.set('record', JSON.stringify(record))
  const path = await saveRecord(record, run)
  if (path !== undefined) outputs.set('record-file', path)
  outputs.warn()
  await showSummary(record)
  return isFailure(record.outcome)
}

/** Jobs that a matrix may have, by GitHub's documentation; a longer one fails as a whole. */
const MAX_MATRIX = 256

/** Names the rotations that are due and were not begun, no more than a matrix takes. */
function findDue({ rotations }: RunRecord): readonly string[] {
  const due = rotations.flatMap(({ name, plan }) => (plan?.decision === 'rotate' ? [name] : []))
  if (due.length > MAX_MATRIX)
    core.warning(
      `${due.length} rotations are due: the output \`due\` names the first ${MAX_MATRIX}, since a matrix can have no more. The next run names the rest.`
    )
  return due.slice(0, MAX_MATRIX)
}

async function raiseAlert(
  record: RunRecord,
  { alert, redact }: Pick<Report, 'alert' | 'redact'>
): Promise<string | undefined> {
  try {
    const url = await alert?.report(record)
    if (url !== undefined) core.info(isFailure(record.outcome) ? `Alert: ${url}` : `Alert closed: ${url}`)
    return url
  } catch (thrown) {
    const { message, hint } = asRotationError(thrown)
    core.warning(redact(`The alert failed: ${message}${hint === undefined ? '' : ` ${hint}`}`))
    return undefined
  }
}

async function saveRecord(record: RunRecord, run: RunContext): Promise<string | undefined> {
  try {
    return await writeRecordFile(record, { ...run, directory: run.temp })
  } catch (thrown) {
    core.warning(
      `The record could not be written to a file in RUNNER_TEMP (${describeFileError(thrown)}): the output \`record\` has it.`
    )
    return undefined
  }
}

async function showSummary(record: RunRecord): Promise<void> {
  if ((process.env['GITHUB_STEP_SUMMARY'] ?? '') === '') {
    core.info('This runner shows no job summary: GITHUB_STEP_SUMMARY is not set.')
    return
  }
  try {
    await core.summary.addRaw(writeSummary(record), true).write()
  } catch (thrown) {
    core.warning(
      `The job summary could not be written (${describeFileError(thrown)}): the output \`record\` has what it would say.`
    )
  }
}

/** Describes what a rollback leaves in SECONDARY, since staging is not reverted. */
function describeStaged(credentials: RunRecord['rotations'][number]['credentials']): string {
  const staged = credentials.filter(
    ({ slots: { primary, secondary } }) => primary.id !== null && secondary?.id === primary.id
  )
  if (staged.length === 0) return ''
  const names = staged.map(({ name, slots }) => `${name} (${slots.primary.id})`).join(', ')
  return ` SECONDARY now holds the same credential as PRIMARY, of ${names}: what it held before is revoked by the next rotation.`
}

/** Writes the message that the workflow fails with. */
export function failureMessage({ rotations, error, findings }: RunRecord): string {
  const failures = rotations.flatMap(({ name, outcome, error: failure, left, steps, credentials }) => {
    if (!isFailure(outcome) || outcome === 'unhealthy') return []
    const untouched = !steps.some(
      ({ name: step }) => step === 'stage' || step === 'create' || step === 'promote' || step === 'revoke'
    )
    const state =
      outcome === 'rolled-back'
        ? `Rolled back: PRIMARY is as it was, and works as it did.${describeStaged(credentials)}`
        : untouched
          ? 'Nothing was changed.'
          : ['Not everything could be restored:', ...left].join(' ')
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
