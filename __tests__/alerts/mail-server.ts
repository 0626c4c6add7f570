import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A mail as it came over the wire. */
export interface Received {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
  /** Whether the connection was encrypted. */
  readonly secure: boolean
  readonly user: string | undefined
}

/** A mail server on a loopback port. */
export interface MailServer {
  readonly port: number
  readonly received: readonly Received[]
  /** How often it was connected to. */
  readonly connections: () => number
  close(): Promise<void>
}

/** How a mail server is made. */
export interface MailServerOptions extends SMTPServerOptions {
  /** Recipients that it refuses. */
  readonly refused?: readonly string[]
}

/** The one login that it takes. */
export const LOGIN = { username: 'alerts', password: 'correct horse battery staple' }

/** A certificate for 127.0.0.1 that nobody trusts, and one for another host. */
export async function createCertificates() {
  const make = async (name: { type: 7; ip: string } | { type: 2; value: string }) =>
    await generate([{ name: 'commonName', value: 'mail test' }], {
      keySize: 2048,
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'subjectAltName', altNames: [name] }
      ]
    })
  return {
    own: await make({ type: 7, ip: '127.0.0.1' }),
    other: await make({ type: 2, value: 'mail.example.org' })
  }
}

/** Starts a mail server that wants TLS and a login, unless told otherwise. */
export async function startMailServer({ refused = [], ...options }: MailServerOptions): Promise<MailServer> {
  const received: Received[] = []
  let connections = 0
  const server = new SMTPServer({
    authMethods: ['PLAIN', 'LOGIN'],
    closeTimeout: 50,
    ...options,
    onConnect(_session, done) {
      connections++
      done()
    },
    onAuth({ username, password }, _session, done) {
      if (username === LOGIN.username && password === LOGIN.password) done(null, { user: username })
      else done(new Error(`no such user: ${username} with ${password}`))
    },
    onRcptTo({ address }, _session, done) {
      if (refused.includes(address)) done(Object.assign(new Error('no such mailbox'), { responseCode: 550 }))
      else done()
    },
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        received.push({
          from: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address,
          to: session.envelope.rcptTo.map(({ address }) => address),
          raw: Buffer.concat(parts).toString('utf8'),
          secure: session.secure,
          user: session.user as string | undefined
        })
        done()
      })
    }
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    connections: () => connections,
    close: () => new Promise((resolve) => server.close(resolve))
  }
}
