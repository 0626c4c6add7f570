import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as v from 'valibot'

const short = (length: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(length))

/** Block Kit as Slack's incoming webhooks accept it; Slack's reference of blocks. */
const slack = v.strictObject({
  text: short(40_000),
  blocks: v.pipe(
    v.array(
      v.variant('type', [
        v.strictObject({
          type: v.literal('header'),
          text: v.strictObject({ type: v.literal('plain_text'), text: short(150) })
        }),
        v.strictObject({
          type: v.literal('section'),
          text: v.strictObject({ type: v.literal('mrkdwn'), text: short(3_000) })
        })
      ])
    ),
    v.minLength(1),
    v.maxLength(50)
  )
})

/** A message with one Adaptive Card, as the Workflows of Teams accept it; Microsoft's documentation. */
const teams = v.strictObject({
  type: v.literal('message'),
  attachments: v.tuple([
    v.strictObject({
      contentType: v.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: v.null(),
      content: v.strictObject({
        $schema: v.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
        type: v.literal('AdaptiveCard'),
        version: v.literal('1.4'),
        body: v.array(
          v.strictObject({
            type: v.literal('TextBlock'),
            text: v.pipe(v.string(), v.minLength(1)),
            wrap: v.literal(true),
            weight: v.optional(v.literal('Bolder')),
            size: v.optional(v.literal('Large'))
          })
        ),
        actions: v.array(
          v.strictObject({
            type: v.literal('Action.OpenUrl'),
            title: v.string(),
            url: v.pipe(v.string(), v.url())
          })
        )
      })
    })
  ])
})

const key = { routing_key: v.pipe(v.string(), v.length(32)), dedup_key: short(255) }

/** Events API v2; PagerDuty's reference. */
const pagerduty = v.variant('event_action', [
  v.strictObject({
    ...key,
    event_action: v.literal('trigger'),
    client: v.string(),
    client_url: v.pipe(v.string(), v.url()),
    payload: v.strictObject({
      summary: short(1_024),
      source: short(1_024),
      severity: v.picklist(['critical', 'error', 'warning', 'info']),
      component: v.string(),
      timestamp: v.pipe(v.string(), v.isoTimestamp()),
      custom_details: v.record(v.string(), v.string())
    }),
    links: v.array(v.strictObject({ href: v.pipe(v.string(), v.url()), text: v.string() }))
  }),
  v.strictObject({ ...key, event_action: v.literal('resolve') })
])

const json = v.looseObject({ event: v.picklist(['failure', 'recovery']), key: v.string(), title: v.string() })

const SCHEMAS = { slack, teams, pagerduty, json } as const
const MAX_BYTES = { slack: 1_000_000, teams: 28 * 1024, pagerduty: 512 * 1024, json: 1_000_000 } as const

/** Format of a service that the receiver stands for. */
export type ServiceFormat = keyof typeof SCHEMAS

/** A server that accepts only what the service of a format would accept. */
export interface Receiver {
  readonly url: string
  /** Bodies that were accepted. */
  readonly accepted: readonly string[]
  /** Reasons for which bodies were refused. */
  readonly refused: readonly string[]
  /** Answers of the next requests instead of its own. */
  readonly answers: { status: number; body?: string }[]
  close(): Promise<void>
}

/** Starts a receiver on loopback. */
export async function startReceiver(format: ServiceFormat): Promise<Receiver> {
  const accepted: string[] = []
  const refused: string[] = []
  const answers: Receiver['answers'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      const given = answers.shift()
      const problem =
        given === undefined ? findProblem(format, text, request.headers['content-type']) : undefined
      if (given === undefined && problem === undefined) accepted.push(text)
      if (problem !== undefined) refused.push(problem)
      response.statusCode = given?.status ?? (problem === undefined ? 200 : 400)
      response.end(given?.body ?? problem ?? 'ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/services/T000/B000/a-secret-path?routing_key=${'0'.repeat(32)}`,
    ...{ accepted, refused, answers },
    close: async () => {
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

function findProblem(format: ServiceFormat, text: string, type: string | undefined): string | undefined {
  if (type !== 'application/json') return `content-type ${type}`
  if (Buffer.byteLength(text) > MAX_BYTES[format]) return `${Buffer.byteLength(text)} bytes`
  const parsed = v.safeParse<v.GenericSchema>(SCHEMAS[format], JSON.parse(text))
  return parsed.success ? undefined : JSON.stringify(v.flatten(parsed.issues))
}
