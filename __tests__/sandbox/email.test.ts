import { describe, expect, it } from '@jest/globals'
import { account_id, createStage } from './stage.ts'

const MAIL = { from: 'a@example.com', to: 'b@example.org', subject: 'S', text: 'T' }

function createPost() {
  const stage = createStage()
  const { sandbox, call, sdk } = stage
  const { value } = sandbox.cloudflare.tokens.seed({ name: 'mail', groups: ['Email Sending Write'] })
  const post = async (json: object, token = value) =>
    await call(token, '/email/sending/send', { method: 'POST', json })
  return { ...stage, value, post, emailSending: sdk(value).emailSending, sent: sandbox.cloudflare.email.sent }
}

describe('Email Sending', () => {
  it('accepts a mail as the SDK sends it, and keeps it', async () => {
    const { emailSending, sent } = createPost()
    const answer = await emailSending.send({
      account_id,
      ...MAIL,
      to: ['b@example.org', { address: 'c@example.org', name: 'C' }],
      html: '<p>T</p>',
      headers: { References: '<x@example.com>', 'X-Own': '1' }
    })
    expect(answer).toMatchObject({
      delivered: ['b@example.org', 'c@example.org'],
      suppressed_recipients: [],
      permanent_bounces: [],
      queued: []
    })
    expect(sent).toEqual([
      expect.objectContaining({ from: 'a@example.com', to: ['b@example.org', 'c@example.org'], text: 'T' })
    ])
  })

  it('sends no mail to a suppressed address', async () => {
    const { emailSending, sent, sandbox } = createPost()
    sandbox.cloudflare.email.suppressed.add('b@example.org')
    const answer = await emailSending.send({ account_id, ...MAIL })
    expect(answer).toMatchObject({ delivered: [], suppressed_recipients: ['b@example.org'] })
    expect(sent).toEqual([])
  })

  it.each([
    ['a sender of another domain', { ...MAIL, from: 'a@example.net' }],
    ['no sender', { ...MAIL, from: undefined }],
    ['no recipient', { ...MAIL, to: [] }],
    ['no text', { ...MAIL, text: '' }],
    ['a subject of two lines', { ...MAIL, subject: 'a\r\nBcc: x@example.org' }],
    ['a header of two lines', { ...MAIL, headers: { 'X-A': 'a\nb' } }],
    ["one of Cloudflare's own headers", { ...MAIL, headers: { 'Message-ID': '<x@example.com>' } }],
    ['an unknown field', { ...MAIL, body: 'T' }]
  ])('refuses a mail with %s', async (_what, mail) => {
    const { post, sent } = createPost()
    const { status, body } = await post(mail)
    expect([400, 403]).toContain(status)
    // Email Sending returns its codes as strings.
    expect(body).toMatchObject({ success: false, errors: [{ code: expect.anything() }] })
    expect(sent).toEqual([])
  })

  it('refuses to send a mail with a token that lacks the permission', async () => {
    const { post, account, sent } = createPost()
    const { status, body } = await post(MAIL, account.apiToken.value)
    expect({ status, code: body.errors[0]?.code }).toEqual({ status: 403, code: 10000 })
    expect(sent).toEqual([])
  })
})
