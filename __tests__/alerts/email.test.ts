import { afterEach, describe, expect, it } from '@jest/globals'
import { EmailAlert, type EmailAlertOptions } from '../../src/alerts/email.ts'
import type { Mail, MailTransport } from '../../src/alerts/mail/mail.ts'
import { SmtpMail } from '../../src/alerts/mail/smtp.ts'
import type { PreviousRun } from '../../src/github/previous-run.ts'
import { RotationError } from '../../src/kernel/error.ts'
import { Secret, SecretRegistry } from '../../src/kernel/secret.ts'
import { createCertificates, startMailServer, type MailServer } from './mail-server.ts'
import { deadCredential, failingRun, rotation } from './records.ts'

const well = failingRun({ outcome: 'rotated', rotations: [rotation({ outcome: 'rotated', error: null })] })

function createPost(change: Partial<EmailAlertOptions> = {}, rejected: readonly string[] = []) {
  const mails: Mail[] = []
  const log: string[] = []
  let asked = 0
  const transport: MailTransport = {
    label: 'a stub',
    send: async (mail) => {
      mails.push(mail)
      return Promise.resolve({ rejected })
    },
    verify: () => Promise.resolve()
  }
  const alert = new EmailAlert({
    transport,
    from: 'rotation@example.com',
    to: ['ops@example.com', 'oncall@example.com'],
    workflow: 'octo-org/ops/.github/workflows/rotate.yml',
    runbookUrl: 'https://github.com/org/rotate-action/blob/v1/docs/runbook.md',
    previousRun: () => {
      asked++
      return Promise.resolve({ state: 'failed', couldTell: true })
    },
    reporter: {
      info: (message) => void log.push(message),
      warning: (message) => void log.push(`warning: ${message}`)
    },
    redact: (text) => text,
    ...change
  })
  return { alert, mails, log, asked: () => asked }
}

async function failureMail(record = failingRun()): Promise<Mail> {
  const { alert, mails } = createPost()
  expect(await alert.report(record)).toBeUndefined()
  expect(mails).toHaveLength(1)
  return mails[0]!
}

describe('mail about a failing run', () => {
  it('has the content of the issue as plain text', async () => {
    const { subject, text } = await failureMail()
    expect(subject).toBe(
      'Rotation of bootstrap was rolled back: a token lacks a permission (token-creation, secret-edit). Consumers are safe until 2026-01-03 04:00 UTC'
    )
    expect(text).toBe(`\
Consumers are safe until 2026-01-03 04:00 UTC: until then the slots hold a credential that works. \
Rotation bootstrap of token-creation, secret-edit was rolled back: a token lacks a permission.

bootstrap: rolled back: PRIMARY is as it was
--------------------------------------------

no new credential could be created: it was refused.

token-creation PRIMARY: works until 2026-01-03 04:00 UTC (…2d2cc2)
token-creation SECONDARY: works until 2026-01-02 20:00 UTC (…5ff5b8)
secret-edit PRIMARY: works until 2026-01-03 04:00 UTC (…2d2cc2)
secret-edit SECONDARY: works until 2026-01-02 20:00 UTC (…5ff5b8)

What to do
----------

- Give the token the permission.
- Run the workflow again by hand: it starts from what it finds, and a success is reported by mail.
- Runbook: permission (https://github.com/org/rotate-action/blob/v1/docs/runbook.md#permission).

The call that failed
--------------------

- POST /client/v4/accounts/0/tokens, status 403, Cloudflare code 10000: the token lacks a permission

The run
-------

Run 4711, attempt 2 (https://github.com/octo-org/ops/actions/runs/4711) of octo-org/ops/.github/workflows/rotate.yml, started by octocat, reason: scheduled.

Details of bootstrap
--------------------

- token-creation PRIMARY: 7e05fd3c791a48438132d2cc2
- token-creation SECONDARY: 06f4b4b7a821dbecf170e71ff5ff5b8
- secret-edit PRIMARY: 7e05fd3c791a48438132d2cc2
- secret-edit SECONDARY: 06f4b4b7a821dbecf170e71ff5ff5b8
`)
  })

  it('has the same content as well-formed HTML that loads nothing and leaves the colours to the reader', async () => {
    const { html } = await failureMail()
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(html).toContain('<meta name="color-scheme" content="light dark">')
    expect(html).toContain('max-width:640px')
    expect(html).not.toMatch(/<(img|script|link|style|iframe)|src=|url\(|[^-]color:#|background/)
    expect(openElements(html)).toEqual([])
    expect(html).toContain(
      '<a href="https://github.com/org/rotate-action/blob/v1/docs/runbook.md#permission">permission</a>'
    )
    expect(html).toContain(
      '<strong>Consumers are safe until <span style="white-space:nowrap">2026-01-03 04:00 UTC</span></strong>'
    )
    expect(html.match(/<tr>/g)).toHaveLength(5)
  })

  it('has a red bar and an urgent subject when consumers fail now', async () => {
    const urgent = failingRun({ rotations: [rotation({ credentials: [deadCredential()] })] })
    const [calm, loud] = [await failureMail(), await failureMail(urgent)]
    expect(loud.subject).toMatch(/^Consumers fail now/)
    expect(loud.html.match(/border-left:4px solid (#\w+)/)?.[1]).not.toBe(
      calm.html.match(/border-left:4px solid (#\w+)/)?.[1]
    )
  })

  it('shares a thread with the other mails of its workflow and has its own id', async () => {
    const first = await failureMail()
    const second = await failureMail(failingRun({ run: { ...failingRun().run, id: '4712', attempt: 1 } }))
    expect(first.threadId).toMatch(/^<rotate-action\.[0-9a-f]{16}@example\.com>$/)
    expect(first.messageId).toBe(first.threadId.replace('@', '.4711.2@'))
    expect(second.threadId).toBe(first.threadId)
    expect(second.messageId).not.toBe(first.messageId)
    const { alert, mails } = createPost({ workflow: 'octo-org/ops/.github/workflows/other.yml' })
    await alert.report(failingRun())
    expect(mails[0]!.threadId).not.toBe(first.threadId)
  })

  const evil = '</p><script>alert(1)</script>" onload="x\r\nBcc: evil@example.org'
  it('shows texts from outside as text and never as markup or headers', async () => {
    const error = { ...rotation().error!, message: evil, hint: evil }
    const run = { ...failingRun().run, url: `javascript:alert('x')`, reason: evil, triggeringActor: evil }
    const { html, text, subject } = await failureMail(
      failingRun({ run, rotations: [rotation({ name: evil, error, left: [evil], undone: [evil] })] })
    )
    expect(html).not.toMatch(/<script|href="javascript|="x\s/)
    expect(openElements(html)).toEqual([])
    expect(html).toContain('&lt;script&gt;')
    expect(`${subject}${text}`).not.toMatch(/^Bcc:/m)
    expect(subject).not.toMatch(/[\r\n]/)
  })

  it('names recipients that were rejected in the log', async () => {
    const { alert, log } = createPost({}, ['ops@example.com'])
    await alert.report(failingRun())
    expect(log).toEqual([expect.stringMatching(/^warning: .*not to ops@example\.com/)])
  })

  it('throws an alert error with a hint when the mail cannot be sent', async () => {
    const transport: MailTransport = {
      label: 'x',
      send: () => Promise.reject(new RotationError('unreachable', 'down.', { hint: 'Wait.' })),
      verify: () => Promise.reject(new RotationError('refused', 'no.'))
    }
    const { alert } = createPost({ transport })
    await expect(alert.report(failingRun())).rejects.toMatchObject({
      code: 'alert',
      message: 'The alert could not be raised: down.',
      hint: 'Wait.'
    })
    await expect(alert.verify()).rejects.toMatchObject({
      code: 'alert',
      message: 'The alert could not be raised: no.',
      hint: expect.any(String) as unknown
    })
  })
})

describe('mail about a recovery', () => {
  it('is sent by the first run that works after a failing run', async () => {
    const { alert, mails } = createPost()
    await alert.report(well)
    expect(mails.map(({ subject }) => subject)).toEqual(['Rotation of bootstrap works again'])
    expect(mails[0]!.text).toMatch(/^It works again: bootstrap \(rotated\)\./)
  })

  it('is not sent when the previous run worked', async () => {
    const { alert, mails, log } = createPost({
      previousRun: () => Promise.resolve({ state: 'well', failedBefore: false })
    })
    await alert.report(well)
    expect({ mails, log }).toEqual({ mails: [], log: [] })
  })

  it('is not sent when the previous run is unknown, and the log says so', async () => {
    const unknown: PreviousRun = { state: 'unknown', reason: 'the job lacks `permissions: actions: read`' }
    const { alert, mails, log } = createPost({ previousRun: () => Promise.resolve(unknown) })
    await alert.report(well)
    expect(mails).toEqual([])
    expect(log).toEqual([expect.stringContaining('actions: read')])
  })

  it.each(['locked', 'stale', 'planned'] as const)('is not sent by a run that was %s', async (outcome) => {
    const { alert, mails, asked } = createPost()
    await alert.report(
      failingRun({ outcome, rotations: [rotation({ name: 'a', outcome: 'rotated' }), rotation({ outcome })] })
    )
    expect({ mails, asked: asked() }).toEqual({ mails: [], asked: 0 })
  })
})

describe('mail server that repeats the password', () => {
  let server: MailServer | undefined
  afterEach(() => server?.close())

  it('does not reveal the password in the error of the alert', async () => {
    const { own } = await createCertificates()
    server = await startMailServer({ key: own.private, cert: own.cert })
    const secrets = new SecretRegistry(() => undefined)
    const password = secrets.register('a-wrong-password')
    const options = {
      host: '127.0.0.1',
      port: server.port,
      security: 'starttls',
      authorities: own.cert
    } as const
    const login = (secret: Secret) => () => ({ username: 'alerts', password: secret })
    const bare = new SmtpMail({ ...options, login: login(new Secret('a-wrong-password')) })
    await expect(bare.verify()).rejects.toThrow('a-wrong-password')

    const transport = new SmtpMail({ ...options, login: login(password) })
    const { alert } = createPost({ transport, redact: (text) => secrets.redact(text) })
    await expect(alert.report(failingRun())).rejects.toMatchObject({
      message: expect.not.stringContaining('a-wrong-password') as unknown
    })
  })
})

/** Elements that are opened and not closed, or closed in the wrong order. */
function openElements(html: string): readonly string[] {
  const open: string[] = []
  for (const [, slash, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^<>]*>/g)) {
    if (name === 'meta') continue
    if (slash === '') open.push(name!)
    else if (open.at(-1) === name) open.pop()
    else open.push(`/${name}`)
  }
  return open
}
