import type { SendAction } from '../rules/alerts.ts'
import type { AlertSettings } from '../config/configuration.ts'

/** Message in words. */
export interface Message {
  readonly title: string
  readonly lines: readonly string[]
  readonly url: string | null
}

type Format = NonNullable<AlertSettings['webhook']>['format']

/** Puts a message into words. */
export function describe({ what, trouble, since }: Omit<SendAction, 'kind' | 'channel'>): Message {
  const began = new Date(since).toISOString()
  const { title, detail, action, url } = trouble
  if (what === 'recover') {
    return { title: `Recovered: ${title}`, lines: [`It began at ${began} and has ended.`], url }
  }
  return { title, lines: [detail, action], url }
}

/** Forms the body of a webhook. @param routingKey only PagerDuty's format has one */
export function formBody(
  format: Format,
  action: Omit<SendAction, 'kind' | 'channel'>,
  routingKey: string | undefined
): object {
  const { title, lines, url } = describe(action)
  const { what, trouble, since } = action
  switch (format) {
    case 'slack': {
      const text = [
        `*${escapeSlack(title)}*`,
        ...lines.map(escapeSlack),
        ...(url === null ? [] : [`<${url}>`])
      ]
      return { text: text.join('\n') }
    }
    case 'teams':
      return formCard({ title, lines, url })
    case 'pagerduty':
      return {
        routing_key: routingKey,
        event_action: what === 'raise' ? 'trigger' : 'resolve',
        dedup_key: trouble.key.slice(0, 255),
        payload: {
          summary: title.slice(0, 1024),
          source: 'rotation-coordinator',
          severity: 'critical',
          timestamp: new Date(since).toISOString(),
          custom_details: { detail: trouble.detail, action: trouble.action }
        },
        ...(url === null ? {} : { links: [{ href: url, text: 'GitHub' }] })
      }
    case 'json':
      return {
        state: what === 'raise' ? 'raised' : 'recovered',
        ...{ key: trouble.key, cause: trouble.cause, title, detail: trouble.detail, action: trouble.action },
        ...{ url, since: new Date(since).toISOString() }
      }
  }
}

/** Adaptive card, which workflows of Teams take. */
function formCard({ title, lines, url }: Message): object {
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            { type: 'TextBlock', text: title, weight: 'Bolder', wrap: true },
            ...lines.map((text) => ({ type: 'TextBlock', text, wrap: true }))
          ],
          ...(url === null ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open', url }] })
        }
      }
    ]
  }
}

function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
