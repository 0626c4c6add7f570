import type { AlertSettings } from '../config/configuration.ts'
import type { EmailBinding } from '../env.ts'
import type { SendAction } from '../rules/alerts.ts'
import { describe, formBody } from './message.ts'

/** Sends one message. @throws Error without a secret */
export type Channel = (action: SendAction) => Promise<void>

const TIMEOUT_MS = 15_000

/** Options of the channels. */
export interface ChannelOptions {
  readonly settings: AlertSettings
  readonly binding: EmailBinding | undefined
  readonly routingKey: string | undefined
  readonly fetch: typeof fetch
}

/** Creates the channels that are configured, by name. None of them uses GitHub. */
export function createChannels({
  settings: { email, webhook },
  binding,
  routingKey,
  fetch
}: ChannelOptions): ReadonlyMap<string, Channel> {
  const channels = new Map<string, Channel>()
  if (email !== undefined && binding !== undefined) {
    channels.set('email', async (action) => {
      const { title, lines, url } = describe(action)
      await binding.send({
        ...email,
        subject: oneLine(title),
        text: [...lines, ...(url === null ? [] : [url]), ''].join('\n\n')
      })
    })
  }
  if (webhook !== undefined) {
    channels.set('webhook', async (action) => {
      await post(webhook.url, { fetch, body: formBody(webhook.format, action, routingKey) })
    })
  }
  return channels
}

async function post(
  url: string,
  { fetch, body }: { readonly fetch: typeof globalThis.fetch; readonly body: object }
): Promise<void> {
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
  } catch {
    // The cause may quote the address, which is a secret.
    throw new Error('The webhook did not answer.')
  }
  await response.body?.cancel()
  if (!response.ok) throw new Error(`The webhook answered with ${response.status}.`)
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 200)
}
