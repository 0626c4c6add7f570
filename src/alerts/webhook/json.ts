import { renderText } from '../mail/text.ts'
import type { FailureRecord } from '../../rotation/record/schema.ts'
import { cut, type WebhookFormat } from './format.ts'

/** Longest text of a message, and of one error in it; the whole is in the record. */
const MAX_TEXT = 16_000
const MAX_ERROR = 1_000

/** A message for programs: what happened, in words and as data. It needs no memory, since `key` names the trouble. */
export const formatJson: WebhookFormat = ({ event, content, record, dedupKey }) => ({
  event,
  key: dedupKey,
  title: content.title,
  urgent: content.urgent,
  text: cut(renderText(content), MAX_TEXT),
  outcome: record.outcome,
  command: record.command,
  run: record.run,
  endedAt: record.endedAt,
  error: toError(record.error),
  rotations: record.rotations.map(({ name, outcome, safeUntil, nextDue, error }) => ({
    ...{ name, outcome, safeUntil, nextDue },
    error: toError(error)
  }))
})

function toError(error: FailureRecord | null) {
  return error === null ? null : { code: error.code, message: cut(error.message, MAX_ERROR) }
}
