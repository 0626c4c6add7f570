import * as core from '@actions/core'
import type { AlertPort } from '../../alerts/alert.ts'
import { raiseAlert } from '../../session/raise-alert.ts'
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
  const raised = await raiseAlert(record, alert)
  if (raised.problem !== undefined) core.warning(redact(raised.problem))
  else if (raised.text !== undefined) core.info(raised.text)
  outputs.set('alert-url', raised.url ?? '')
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
