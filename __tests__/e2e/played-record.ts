import type { FindingRecord, RunRecord } from '../../src/rotation/record/schema.ts'
import type { Played } from './played-workflow.ts'

/** The record that a played workflow gave as its output. @throws Error if the job ended before the check, or without a record */
export function recordOf({ result, failures }: Played): RunRecord {
  if (result === undefined) throw new Error(`the job ended before the check: ${failures.join(' ')}`)
  const { record } = result.main.outputs
  if (record === undefined) throw new Error(`there is no record: ${result.main.log}`)
  return JSON.parse(record) as RunRecord
}

/** Findings of a check, as `kind: message → action`. */
export function foundBy(played: Played): readonly string[] {
  return recordOf(played).findings.map(
    ({ kind, message, action }: FindingRecord) => `${kind}: ${message} → ${action}`
  )
}

export function outcomeOf(played: Played): string {
  return recordOf(played).outcome
}
