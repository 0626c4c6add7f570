import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { formatJson } from '../../../src/alerts/webhook/json.ts'
import { webhookKind } from '../../../src/alerts/webhook-kind.ts'
import { createPagerDutyFormat } from '../../../src/alerts/webhook/pagerduty.ts'
import { formatSlack } from '../../../src/alerts/webhook/slack.ts'
import { formatTeams } from '../../../src/alerts/webhook/teams.ts'
import { WebhookAlert, type WebhookOptions } from '../../../src/alerts/webhook/webhook.ts'
import { Secret } from '../../../src/kernel/secret.ts'
import type { RunRecord } from '../../../src/rotation/record/schema.ts'
import { createStandingClock } from '../../http/standing-clock.ts'
import { deadCredential, failingRun, rotation } from '../records.ts'
import { startReceiver, type Receiver, type ServiceFormat } from './receiver.ts'

const FORMATS = {
  slack: formatSlack,
  teams: formatTeams,
  pagerduty: createPagerDutyFormat(() => '0'.repeat(32)),
  json: formatJson
}
const WELL = failingRun({ outcome: 'rotated', rotations: [rotation({ outcome: 'rotated', error: null })] })
/** A run of which everything is too long, with everything that a service reads as markup. */
const HUGE = failingRun({
  rotations: Array.from({ length: 80 }, (_, index) =>
    rotation({
      name: `rotation-${index}`,
      left: Array.from({ length: 40 }, () => `<!channel> & <@U1> *bold* _x_ [a](b) \`c\` ${'x'.repeat(300)}`)
    })
  )
})

describe.each(Object.keys(FORMATS) as ServiceFormat[])('an alert by a webhook of %s', (format) => {
  let receiver: Receiver
  const log: string[] = []
  beforeEach(async () => {
    receiver = await startReceiver(format)
    log.length = 0
  })
  afterEach(() => receiver.close())

  async function report(record: RunRecord, change: Partial<WebhookOptions> = {}): Promise<unknown> {
    const alert = new WebhookAlert({
      name: format,
      format: FORMATS[format],
      url: () => new Secret(receiver.url),
      hasMemory: format === 'pagerduty',
      workflow: 'octo-org/ops/.github/workflows/rotate.yml',
      runbookUrl: 'https://github.com/org/rotate-action/blob/v1/docs/runbook.md',
      previousRun: () => Promise.resolve({ state: 'well', failedBefore: false }),
      fetch: globalThis.fetch,
      clock: createStandingClock(),
      reporter: { info: (message) => void log.push(message), warning: (message) => void log.push(message) },
      redact: (text) => text,
      ...change
    })
    return await alert.report(record).catch((thrown: unknown) => thrown)
  }

  it.each([
    ['a failing run', failingRun()],
    ['consumers that fail now', failingRun({ rotations: [rotation({ credentials: [deadCredential()] })] })],
    ['a run of which everything is too long', HUGE]
  ])('is a message about %s that the service accepts', async (_what, record) => {
    expect(await report(record)).toBeUndefined()
    expect(receiver.refused).toEqual([])
    expect(receiver.accepted).toHaveLength(1)
    expect(receiver.accepted[0]).toContain(record.run.url)
  })

  it('is a message when it works again after a run that failed', async () => {
    const previousRun = () => Promise.resolve({ state: 'failed', couldTell: true } as const)
    expect(await report(WELL, { previousRun })).toBeUndefined()
    expect(receiver.refused).toEqual([])
    expect(receiver.accepted).toHaveLength(1)
  })

  it('is no message after a run that did not fail', async () => {
    expect(await report(WELL)).toBeUndefined()
    expect(receiver.accepted).toEqual([])
  })

  it('is no second message about the same trouble, unless the service keeps them together', async () => {
    const previousRun = () => Promise.resolve({ state: 'failed', couldTell: true } as const)
    expect(await report(failingRun(), { previousRun })).toBeUndefined()
    expect(receiver.accepted).toHaveLength(format === 'pagerduty' ? 1 : 0)
    if (format !== 'pagerduty') expect(log.join()).toContain('the previous run failed too')
  })

  it('is tried once more after an answer of 503, and not after 404', async () => {
    receiver.answers.push({ status: 503 })
    expect(await report(failingRun())).toBeUndefined()
    expect(receiver.accepted).toHaveLength(1)
    receiver.answers.push({ status: 404, body: 'no_service' })
    expect(await report(failingRun())).toMatchObject({
      code: 'alert',
      message: `webhook (${format}): The alert could not be sent: it answered 404: no_service`
    })
    expect(receiver.accepted).toHaveLength(1)
  })

  it('fails without its URL when nothing answers, and when it is not https', async () => {
    const gone = await report(failingRun(), { url: () => new Secret('http://127.0.0.1:1/a-secret-path') })
    expect(gone).toMatchObject({
      code: 'alert',
      message: expect.stringContaining('could not be reached') as unknown
    })
    const plain = await report(failingRun(), {
      url: () => new Secret('http://hooks.example.com/a-secret-path')
    })
    expect(plain).toMatchObject({ message: expect.stringContaining('must begin with https://') as unknown })
    expect(`${String(gone)} ${String(plain)} ${log.join()}`).not.toContain('a-secret-path')
  })
})

describe('an event of PagerDuty', () => {
  it.each([
    ['routing-key', 'https://events.pagerduty.com/v2/enqueue', 'ROUTING_KEY', undefined],
    ['the path', 'https://events.pagerduty.com/integration/key/enqueue', undefined, undefined],
    ['the query', 'https://events.pagerduty.com/v2/enqueue?routing_key=key', undefined, undefined],
    ['nowhere', 'https://events.pagerduty.com/v2/enqueue', undefined, /There is no routing key/]
  ])('has its key from %s', async (_where, url, key, refusal) => {
    const values = new Map([
      ['HOOK', url],
      ['ROUTING_KEY', 'key']
    ])
    const keys: unknown[] = []
    const alert = webhookKind.create(
      { type: 'webhook', url: 'HOOK', format: 'pagerduty', 'routing-key': key },
      {
        run: {
          workflow: 'octo-org/ops/.github/workflows/rotate.yml',
          runUrl: 'https://github.com/o/r/actions/runs/1'
        },
        valuesOf: (name: string) =>
          [values.get(name)].flatMap((value) => (value === undefined ? [] : [new Secret(value)])),
        fetch: (_url: string, { body }: RequestInit) => {
          keys.push((JSON.parse(body as string) as { routing_key?: unknown }).routing_key)
          return Promise.resolve(new Response(null, { status: 202 }))
        },
        clock: createStandingClock(),
        secrets: { redact: (text: string) => text },
        reporter: { info: () => undefined, warning: () => undefined }
      } as unknown as Parameters<typeof webhookKind.create>[1]
    )
    if (refusal === undefined) {
      await alert.verify()
      await alert.report(failingRun())
      expect(keys).toEqual(['key'])
    } else {
      await expect(alert.verify()).rejects.toThrow(refusal)
      await expect(alert.report(failingRun())).rejects.toThrow(refusal)
      expect(keys).toEqual([])
    }
  })

  it('resolves the trouble that it triggered', () => {
    const format = createPagerDutyFormat(() => 'key')
    const content = { title: 'Title', urgent: true, lead: [], sections: [] }
    const common = { content, record: failingRun(), dedupKey: 'trouble' }
    const trigger = format({ event: 'failure', ...common })
    expect(trigger).toMatchObject({
      event_action: 'trigger',
      dedup_key: 'trouble',
      payload: { severity: 'critical' }
    })
    expect(format({ event: 'recovery', ...common })).toEqual({
      routing_key: 'key',
      event_action: 'resolve',
      dedup_key: 'trouble'
    })
  })
})
