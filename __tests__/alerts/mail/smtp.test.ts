import { createServer, type AddressInfo } from 'node:net'
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { Mail } from '../../../src/alerts/mail/mail.ts'
import { connectionOptions, SmtpMail, type SmtpOptions } from '../../../src/alerts/mail/smtp.ts'
import { Secret, SecretRegistry } from '../../../src/kernel/secret.ts'
import {
  createCertificates,
  LOGIN,
  startMailServer,
  type MailServer,
  type MailServerOptions
} from '../mail-server.ts'

const MAIL: Mail = {
  from: 'rotation@example.com',
  to: ['ops@example.com', 'oncall@example.com'],
  subject: 'Rotation of bootstrap was rolled back – §',
  text: 'Consumers are safe.\n.\nA line that begins with a dot.\n',
  html: '<!doctype html><p>Consumers are safe.</p>',
  messageId: '<rotate-action.0123456789abcdef.4711.1@example.com>',
  threadId: '<rotate-action.0123456789abcdef@example.com>',
  date: '2026-01-02T00:00:20Z'
}

let certificates: Awaited<ReturnType<typeof createCertificates>>
let own: { key: string; cert: string }
let server: MailServer | undefined

beforeAll(async () => {
  certificates = await createCertificates()
  own = { key: certificates.own.private, cert: certificates.own.cert }
})

afterEach(async () => {
  await server?.close()
  server = undefined
})

async function start(options: MailServerOptions = {}): Promise<MailServer> {
  server = await startMailServer({ ...own, ...options })
  return server
}

function mailBy(port: number, options: Partial<SmtpOptions> = {}): SmtpMail {
  return new SmtpMail({
    host: '127.0.0.1',
    port,
    security: 'starttls',
    login: () => ({ username: LOGIN.username, password: new Secret(LOGIN.password) }),
    authorities: certificates.own.cert,
    ...options
  })
}

/** The header of a mail, its folded lines joined. */
function headersOf(raw: string): string {
  return raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ')
}

describe('mail by SMTP', () => {
  it('arrives over STARTTLS after a login, with text and HTML, in its thread', async () => {
    const { port, received } = await start()
    expect(await mailBy(port).send(MAIL)).toEqual({ rejected: [] })

    expect(received).toHaveLength(1)
    const [mail] = received
    expect(mail).toMatchObject({ from: MAIL.from, to: MAIL.to, secure: true, user: LOGIN.username })
    const headers = headersOf(mail!.raw)
    expect(headers).toMatch(/^From: rotation@example\.com$/m)
    expect(headers).toMatch(/^To: ops@example\.com, oncall@example\.com$/m)
    expect(headers).toMatch(/^Message-ID: <rotate-action\.0123456789abcdef\.4711\.1@example\.com>$/m)
    expect(headers).toMatch(/^In-Reply-To: <rotate-action\.0123456789abcdef@example\.com>$/m)
    expect(headers).toMatch(/^References: <rotate-action\.0123456789abcdef@example\.com>$/m)
    expect(headers).toMatch(/^Date: Fri, 02 Jan 2026 00:00:20 \+0000$/m)
    expect(headers).toMatch(/^Auto-Submitted: auto-generated$/m)
    expect(headers).toMatch(/^Content-Type: multipart\/alternative;/m)
    expect(mail!.raw).toMatch(/^Content-Type: text\/plain; charset=utf-8/m)
    expect(mail!.raw).toContain('A line that begins with a dot.')
    expect(mail!.raw).toMatch(/^Content-Type: text\/html; charset=utf-8/m)
    expect(mail!.raw).toContain('<p>Consumers are safe.</p>')
  })

  it('is sent over TLS from the first byte with security tls', async () => {
    const { port, received } = await start({ secure: true })
    await mailBy(port, { security: 'tls' }).send(MAIL)
    expect(received.map(({ secure }) => secure)).toEqual([true])
  })

  it('is sent without a login when none is configured', async () => {
    const { port, received } = await start({ authOptional: true })
    await mailBy(port, { login: () => undefined }).send(MAIL)
    expect(received).toHaveLength(1)
  })

  it('is sent unencrypted to a server on this machine with security none', async () => {
    const { port, received } = await start({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
    await mailBy(port, { security: 'none' }).send(MAIL)
    expect(received.map(({ secure }) => secure)).toEqual([false])
  })

  it('has no header that comes from its subject', async () => {
    const { port, received } = await start()
    const subject = 'x\r\nBcc: evil@example.org\r\n\r\nbody'
    await mailBy(port).send({ ...MAIL, subject })
    expect(received[0]!.to).toEqual(MAIL.to)
    expect(headersOf(received[0]!.raw)).not.toMatch(/^Bcc:/m)
  })

  it('reads no file and no URL named in its texts', async () => {
    const { port, received } = await start()
    const html = { path: new URL('../../../package.json', import.meta.url).pathname } as unknown as string
    await expect(mailBy(port).send({ ...MAIL, html })).rejects.toMatchObject({ name: 'RotationError' })
    expect(received).toEqual([])
  })
})

describe('mail that cannot be sent', () => {
  it('sends neither mail nor password unencrypted when the server offers no STARTTLS', async () => {
    const { port, received } = await start({
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true
    })
    await expect(mailBy(port).send(MAIL)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('could not switch to TLS') as unknown,
      hint: expect.stringContaining('`security: tls`') as unknown
    })
    expect(received).toEqual([])
  })

  it.each([
    ['is not trusted', () => ({}), () => ({})],
    ['is for another host', () => certificates.other, () => ({ authorities: certificates.other.cert })]
  ] as const)('is refused with a hint when the certificate %s', async (_why, certificate, options) => {
    const { private: key, cert } = { private: own.key, cert: own.cert, ...certificate() }
    const { port, received } = await start({ key, cert })
    const mail = mailBy(port, { ...{ authorities: certificates.other.cert }, ...options() })
    await expect(mail.send(MAIL)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('has a certificate that is not accepted') as unknown,
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') as unknown
    })
    expect(received).toEqual([])
  })

  it('says that the user name and password were refused when the password is wrong', async () => {
    const { port, received } = await start()
    const password = new Secret('wrong-password')
    const sending = mailBy(port, { login: () => ({ username: LOGIN.username, password }) }).send(MAIL)
    await expect(sending).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('refused the user name and password') as unknown,
      hint: expect.stringContaining('alert.smtp.password') as unknown
    })
    expect(received).toEqual([])
  })

  it('is not sent without the configured login when the server offers none', async () => {
    const { port, received } = await start({ disabledCommands: ['AUTH'], authOptional: true })
    await expect(mailBy(port).send(MAIL)).rejects.toMatchObject({ code: 'refused' })
    expect(received).toEqual([])
  })

  it.each([8, 11, 25])(
    'has no part of the password in its error when a reply is cut %i characters into it',
    async (shown) => {
      const before = 'Mail command failed: 550 '
      const words = `${'x'.repeat(300 - before.length - shown)}${LOGIN.password}`
      const { port } = await start({ onMailFrom: (_address, _session, done) => done(new Error(words)) })
      const secrets = new SecretRegistry(() => undefined)
      secrets.register(LOGIN.password)
      const sending = mailBy(port, { redact: (text) => secrets.redact(text) }).send(MAIL)
      const error: unknown = await sending.catch((thrown: unknown) => thrown)
      expect(String(error)).toContain(`(${before}xxx`)
      expect(String(error)).not.toContain('xcorrect')
    }
  )

  it('says that the mail was refused when every recipient is refused', async () => {
    const { port, received } = await start({ refused: [...MAIL.to] })
    await expect(mailBy(port).send(MAIL)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('every recipient') as unknown,
      hint: expect.stringContaining('`alert.to`') as unknown
    })
    expect(received).toEqual([])
  })

  it('says that the server could not be reached when nothing listens at its port', async () => {
    const { port } = await start()
    await server!.close()
    server = undefined
    await expect(mailBy(port).send(MAIL)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/127\.0\.0\.1:\d+ could not be reached .*ECONNREFUSED/) as unknown,
      hint: expect.stringContaining('alert.smtp.host') as unknown
    })
  })

  it('says that the server could not be reached when another service listens at its port', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await expect(mailBy(port).send(MAIL)).rejects.toMatchObject({ code: 'unreachable' })
    await new Promise((resolve) => other.close(resolve))
  })

  it('is sent to accepted recipients and names the rejected ones', async () => {
    const { port, received } = await start({ refused: ['ops@example.com'] })
    expect(await mailBy(port).send(MAIL)).toEqual({ rejected: ['ops@example.com'] })
    expect(received.map(({ to }) => to)).toEqual([['oncall@example.com']])
  })
})

describe('verification of a mail server', () => {
  it('connects, switches to TLS, logs in and sends nothing', async () => {
    const { port, received, connections } = await start()
    await mailBy(port).verify()
    expect(connections()).toBe(1)
    expect(received).toEqual([])
  })

  it('finds a wrong password, a wrong certificate and a server without TLS', async () => {
    const { port } = await start()
    const login = () => ({ username: LOGIN.username, password: new Secret('x') })
    await expect(mailBy(port, { login }).verify()).rejects.toMatchObject({ code: 'refused' })
    await expect(mailBy(port, { authorities: certificates.other.cert }).verify()).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('certificate') as unknown
    })
    await server!.close()
    const plain = await start({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
    await expect(mailBy(plain.port).verify()).rejects.toMatchObject({ code: 'unreachable' })
  })
})

describe('connection to a mail server', () => {
  const login = () => undefined

  it('has a time-out for each phase and verifies certificates whatever the environment says', () => {
    const options = connectionOptions({ host: 'mail.example.com', security: 'starttls', login })
    for (const name of ['dnsTimeout', 'connectionTimeout', 'greetingTimeout', 'socketTimeout'] as const) {
      expect(options[name]).toBeGreaterThan(0)
      expect(options[name]).toBeLessThanOrEqual(30_000)
    }
    expect(options).toMatchObject({ requireTLS: true, tls: { rejectUnauthorized: true } })
  })

  it.each([
    ['starttls', undefined, 587],
    ['tls', undefined, 465],
    ['none', undefined, 587],
    ['tls', 2465, 2465]
  ] as const)('connects with security %s and port %s to port %i', (security, port, expected) => {
    expect(connectionOptions({ host: 'localhost', security, port, login }).port).toBe(expected)
  })
})
