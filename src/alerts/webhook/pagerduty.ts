import { renderText } from '../mail/text.ts'
import { cut, type WebhookFormat } from './format.ts'

/** Longest summary and longest key of an event, in characters; PagerDuty's Events API v2. */
const MAX_SUMMARY = 1_024
const MAX_KEY = 255
/** Longest text of the details; an event has at most 512 KB. */
const MAX_DETAILS = 16_000

/** An event of PagerDuty's Events API v2. @param routingKey throws where there is none */
export function createPagerDutyFormat(routingKey: () => string): WebhookFormat {
  return ({ event, content, record, dedupKey }) => {
    const common = { routing_key: routingKey(), dedup_key: cut(dedupKey, MAX_KEY) }
    if (event === 'recovery') return { ...common, event_action: 'resolve' }
    return {
      ...common,
      event_action: 'trigger',
      client: 'rotate-action',
      client_url: record.run.url,
      payload: {
        summary: cut(content.title, MAX_SUMMARY),
        source: record.run.repository,
        severity: content.urgent ? 'critical' : 'error',
        component: record.run.workflow,
        timestamp: record.endedAt,
        custom_details: { outcome: record.outcome, text: cut(renderText(content), MAX_DETAILS) }
      },
      links: [{ href: record.run.url, text: `Run ${record.run.id}` }]
    }
  }
}
