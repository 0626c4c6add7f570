import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { Message, type Block } from 'slack-blocks-to-jsx'
import * as v from 'valibot'
import { CALLS } from '../simulation/calls.ts'
import { createWorld } from '../simulation/world.ts'
import type { WebhookFormat } from '../src/alerts/webhook/format.ts'
import { systemClock } from '../src/process/system-clock.ts'
import { formatSlack } from '../src/alerts/webhook/slack.ts'
import { formatTeams } from '../src/alerts/webhook/teams.ts'
import type { PreviousRun } from '../src/github/previous-run.ts'
import { WebhookAlert } from '../src/alerts/webhook/webhook.ts'
import { Secret } from '../src/kernel/secret.ts'
import type { RunRecord } from '../src/rotation/record/schema.ts'
import { renderMarkdown } from './page.ts'
import type { Scene } from './scenes.ts'

const require = createRequire(import.meta.url)
const slackMessage = v.object({ blocks: v.array(v.custom<Block>((block) => typeof block === 'object')) })
const card = v.looseObject({ body: v.array(v.looseObject({ text: v.string() })) })
const teamsMessage = v.object({ attachments: v.array(v.object({ content: card })) })

/** Shows a failure and its end as Slack and Teams do, by the renderers of Block Kit and of Adaptive Cards. */
export async function playChat(): Promise<readonly Scene[]> {
  const records = await playFailureAndRecovery()
  const slack = await messagesOf(formatSlack, records)
  const teams = await messagesOf(formatTeams, records)
  return [
    { name: 'slack', kind: 'chat', title: 'Slack', body: renderSlack(slack) },
    { name: 'teams', kind: 'chat', title: 'Microsoft Teams', body: renderTeams(teams) }
  ]
}

async function playFailureAndRecovery(): Promise<readonly RunRecord[]> {
  const world = createWorld()
  await world.run()
  world.clock.advance(3_600_000)
  world.sandbox.faults.add({
    match: { operation: CALLS.putSecret, path: '/secrets/PRIMARY_SECRET_EDIT_TOKEN', count: 4 },
    when: 'before',
    answer: { status: 503 }
  })
  const failed = await world.run()
  world.sandbox.faults.clear()
  const recovered = await world.run()
  return [failed.record, recovered.record]
}

/** The bodies that the webhook is sent about a failure and its end. */
async function messagesOf(
  format: WebhookFormat,
  [failed, recovered]: readonly RunRecord[]
): Promise<readonly string[]> {
  const sent: string[] = []
  const reportAfter = async (previous: PreviousRun, record: RunRecord | undefined) => {
    if (record === undefined) throw new Error('a run has no record')
    const alert = new WebhookAlert({
      ...{ name: 'webhook', format, hasMemory: false, clock: systemClock },
      url: () => new Secret('https://hooks.example.com/services/webhook'),
      workflow: record.run.workflow,
      runbookUrl: 'https://github.com/org/rotate-action/blob/v1/docs/runbook.md',
      previousRun: () => Promise.resolve(previous),
      fetch: (_url, init) => {
        if (typeof init?.body === 'string') sent.push(init.body)
        return Promise.resolve(new Response('ok'))
      },
      reporter: { info: () => undefined, warning: () => undefined },
      redact: (text) => text
    })
    await alert.report(record)
  }
  await reportAfter({ state: 'well', failedBefore: false }, failed)
  await reportAfter({ state: 'failed', couldTell: true }, recovered)
  if (sent.length !== 2) throw new Error(`${sent.length} messages were sent`)
  return sent
}

function renderSlack(messages: readonly string[]): string {
  const html = messages
    .map((message) =>
      renderToStaticMarkup(
        createElement(Message, {
          blocks: v.parse(slackMessage, JSON.parse(message)).blocks,
          logo: LOGO,
          name: 'Credential rotation',
          time: new Date('2026-01-01T12:00:00Z'),
          theme: 'light'
        })
      )
    )
    .join('')
  return wrap(`<style>${read('slack-blocks-to-jsx/dist/style.css')}</style>${html}`, '')
}

function renderTeams(messages: readonly string[]): string {
  const cards = messages.flatMap((message) =>
    v.parse(teamsMessage, JSON.parse(message)).attachments.map(({ content }) => content)
  )
  const texts = cards.flatMap(({ body }) => body.map(({ text }) => [text, renderMarkdown(text)]))
  const embed = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c')
  return wrap(
    '<main></main>',
    `<script>${read('adaptivecards/dist/adaptivecards.min.js')}</script>
<script>
  const rendered = ${embed(Object.fromEntries(texts))}
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = rendered[text]
    result.didProcess = true
  }
  for (const content of ${embed(cards)}) {
    const card = new AdaptiveCards.AdaptiveCard()
    card.hostConfig = new AdaptiveCards.HostConfig({ fontFamily: 'system-ui, sans-serif' })
    card.parse(content)
    const section = document.createElement('section')
    section.append(card.render())
    document.querySelector('main').append(section)
  }
</script>`
  )
}

const LOGO = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="36" height="36"><rect width="36" height="36" rx="4" fill="#1f6feb"/></svg>')}`

function wrap(content: string, scripts: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  body { margin: 16px; background: #fff; color: #1d1c1d; font: 15px/1.46 system-ui, sans-serif; overflow-wrap: anywhere; }
  section ul { box-sizing: border-box; }
  section { border: 1px solid #d1d1d1; border-radius: 6px; margin: 0 0 16px; max-width: 640px; }
</style>
</head>
<body>${content}${scripts}</body>
</html>
`
}

function read(path: string): string {
  return readFileSync(require.resolve(path), 'utf8')
}
