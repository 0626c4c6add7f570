import { describe, expect, it } from '@jest/globals'
import { importPKCS8 } from 'jose'
import { formBody } from '../../coordinator/src/alerts/message.ts'
import { createChannels } from '../../coordinator/src/alerts/channels.ts'
import { readConfiguration } from '../../coordinator/src/config/configuration.ts'
import { parseSchedules } from '../../coordinator/src/config/schedules.ts'
import type { Env } from '../../coordinator/src/env.ts'
import { signAppToken, toPkcs8 } from '../../coordinator/src/github/app-key.ts'
import type { Trouble } from '../../coordinator/src/rules/state.ts'
import { createAppKey } from '../sandbox/app-key.ts'

const HOURLY = { repository: 'octo-org/ops', workflow: 'rotate.yml', ref: 'main', every: '1h' }
const MINUTE = 60_000
const env = (variables: object): Env => ({ LOCKS: undefined, ...variables }) as unknown as Env

describe('SCHEDULES', () => {
  it('completes a schedule', () => {
    expect(parseSchedules([{ ...HOURLY, workflow: '.github/workflows/Rotate.yml' }]).schedules).toMatchObject(
      [
        {
          id: 'octo-org/ops/rotate.yml',
          ...{ workflow: 'Rotate.yml', everyMs: 60 * MINUTE, slackMs: 20 * MINUTE, warnMs: 30 * MINUTE }
        }
      ]
    )
  })

  it.each<[string, unknown, string, string]>([
    [
      'an interval under 5 minutes',
      [{ ...HOURLY, every: '299s' }],
      'SCHEDULES[0].every',
      'must be at least 5m'
    ],
    ['a duration that is none', [{ ...HOURLY, every: 'hourly' }], 'SCHEDULES[0].every', 'duration'],
    [
      'a repository without an owner',
      [{ ...HOURLY, repository: 'ops' }],
      'SCHEDULES[0].repository',
      'owner/name'
    ],
    [
      'a path out of the repository',
      [{ ...HOURLY, workflow: '../a.yml' }],
      'SCHEDULES[0].workflow',
      'name of a file'
    ],
    ['no ref', [{ ...HOURLY, ref: '' }], 'SCHEDULES[0].ref', 'must not be empty'],
    ['an unknown key', [{ ...HOURLY, cron: '* * * * *' }], 'SCHEDULES[0].cron', ''],
    [
      'an input that is no text',
      [{ ...HOURLY, inputs: { a: 1 } }],
      'SCHEDULES[0].inputs.a',
      'must be a text'
    ],
    ['a list that is none', 'hourly', 'SCHEDULES', 'must be a list']
  ])('refuses %s', (_what, value, place, reason) => {
    const { schedules, refused } = parseSchedules(value)
    expect(schedules).toEqual([])
    expect(refused).toMatchObject([{ place, reason: expect.stringContaining(reason) as unknown }])
  })

  it('refuses a second schedule for a workflow, and keeps the first and the others', () => {
    const { schedules, refused } = parseSchedules([
      HOURLY,
      { ...HOURLY, repository: 'Octo-Org/OPS', every: '5m' },
      { ...HOURLY, workflow: 'other.yml' }
    ])
    expect(schedules.map(({ workflow, everyMs }) => [workflow, everyMs])).toEqual([
      ['rotate.yml', 60 * MINUTE],
      ['other.yml', 60 * MINUTE]
    ])
    expect(refused.map(({ place }) => place)).toEqual(['SCHEDULES[1]'])
  })
})

describe('configuration of the coordinator', () => {
  it.each<[string, object, string]>([
    ['a slot with the name of a token', { SLOTS: ['REPORT_TOKEN'] }, 'SLOTS.0'],
    ['a slot that is no name', { SLOTS: ['a-b'] }, 'SLOTS.0'],
    [
      'a mail without a binding',
      { ALERTS: { email: { from: 'a@example.com', to: ['b@example.com'] } } },
      'ALERTS.email'
    ],
    ['a webhook without an address', { ALERTS: { webhook: { format: 'slack' } } }, 'ALERTS.webhook'],
    [
      'a webhook over http',
      { ALERTS: { webhook: { format: 'json' } }, ALERT_WEBHOOK_URL: 'http://example.com' },
      'ALERTS.webhook'
    ],
    ['PagerDuty without a key', { ALERTS: { webhook: { format: 'pagerduty' } } }, 'ALERTS.webhook'],
    ['an unknown format', { ALERTS: { webhook: { format: 'fax' } } }, 'ALERTS.webhook.format'],
    [
      'another team domain',
      { ACCESS: { team: 'https://example.com', audience: 'a'.repeat(64) } },
      'ACCESS.team'
    ],
    ['no digest', { LOCK_TOKENS: [{ sha256: 'x', locks: ['a'] }] }, 'LOCK_TOKENS.0.sha256'],
    ['GitHub over http', { GITHUB_API_URL: 'http://example.com' }, 'GITHUB_API_URL'],
    [
      'one token for two routes',
      { REPORT_TOKEN: 'x'.repeat(32), STATUS_TOKEN: 'x'.repeat(32) },
      'STATUS_TOKEN'
    ]
  ])('refuses %s', (_what, variables, place) => {
    expect(readConfiguration(env(variables)).refused.map((one) => one.place)).toEqual([place])
  })

  it('reads JSON out of a text', () => {
    expect(readConfiguration(env({ SCHEDULES: JSON.stringify([HOURLY]) })).schedules).toHaveLength(1)
  })
})

describe('key of the App', () => {
  const key = createAppKey()

  it.each([
    ['PKCS#1, as GitHub gives it for download', key.pkcs1],
    ['PKCS#8', key.pkcs8],
    ['PKCS#1 on one line', key.pkcs1.replaceAll('\n', '\\n')]
  ])('is accepted as %s', async (_what, pem) => {
    expect((await importPKCS8(toPkcs8(pem), 'RS256')).type).toBe('private')
  })

  it('is refused without being repeated when it is no key', async () => {
    const signing = signAppToken({ appId: '1', pem: key.publicKey, now: 0 })
    await expect(signing).rejects.toThrow(/^GITHUB_APP_PRIVATE_KEY is not a private RSA key in PEM\.$/)
  })
})

describe('messages', () => {
  const trouble: Trouble = {
    ...{ key: 'overdue:octo-org/ops/rotate.yml', cause: 'overdue' as const, title: 'No run <ended> & well' },
    ...{ detail: 'The newest run failed.', action: 'Look at it.', url: 'https://github.com/octo-org/ops' }
  }
  const raise = { what: 'raise', trouble, since: Date.UTC(2026, 0, 1) } as const

  it('forms the body of each format', () => {
    expect(formBody('slack', raise, undefined)).toEqual({
      text: '*No run &lt;ended&gt; &amp; well*\nThe newest run failed.\nLook at it.\n<https://github.com/octo-org/ops>'
    })
    expect(formBody('teams', raise, undefined)).toMatchObject({
      type: 'message',
      attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive' }]
    })
    expect(formBody('pagerduty', { ...raise, what: 'recover' }, 'fake-routing-key')).toMatchObject({
      ...{ routing_key: 'fake-routing-key', event_action: 'resolve', dedup_key: trouble.key }
    })
    expect(formBody('json', raise, undefined)).toMatchObject({ state: 'raised', cause: 'overdue' })
  })

  it('sends a mail by the binding, with a subject on one line', async () => {
    const mails: object[] = []
    const channels = createChannels({
      settings: { email: { from: 'a@example.com', to: ['b@example.com'] } },
      binding: { send: (mail) => Promise.resolve(mails.push(mail)) },
      routingKey: undefined,
      fetch
    })
    await channels.get('email')?.({
      ...raise,
      kind: 'send',
      channel: 'email',
      trouble: { ...trouble, title: 'Two\nlines' }
    })
    expect(mails).toEqual([
      {
        ...{ from: 'a@example.com', to: ['b@example.com'], subject: 'Two lines' },
        text: 'The newest run failed.\n\nLook at it.\n\nhttps://github.com/octo-org/ops\n\n'
      }
    ])
  })
})
