import type { RunRecord } from '../../rotation/record/schema.ts'
import type { AlertContent } from '../content/message.ts'

/** What a webhook is told. */
export interface WebhookMessage {
  readonly event: 'failure' | 'recovery'
  readonly content: AlertContent
  readonly record: RunRecord
  /** Names the trouble: the same from its first message to the one when it is over. */
  readonly dedupKey: string
}

/** Writes a message as the JSON of a service. */
export type WebhookFormat = (message: WebhookMessage) => Readonly<Record<string, unknown>>

/** Cuts a text to a length, and shows that it was cut. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}
