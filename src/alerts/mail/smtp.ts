import type { NodemailerError } from 'nodemailer/lib/errors'
import type { SMTPTransportOptions } from 'nodemailer/lib/smtp-transport'
import { RotationError, type ErrorCode } from '../../kernel/error.ts'
import { withoutUndefined } from '../../kernel/optional.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { Delivery, Mail, MailTransport } from './mail.ts'

/** Encryption of the connection: by STARTTLS, from the first byte, or none. */
export type SmtpSecurity = 'starttls' | 'tls' | 'none'

/** Options of a mail server. */
export interface SmtpOptions {
  readonly host: string
  /** Left out, 587, or 465 for `tls`. */
  readonly port?: number | undefined
  readonly security: SmtpSecurity
  /** Returns the user name and the password, or undefined where none are configured. @throws RotationError where they are configured but not set */
  readonly login: () => { readonly username: string; readonly password: Secret } | undefined
  /** Removes secret values from a reply of the mail server before it is cut. */
  readonly redact?: (text: string) => string
  /** Trusted certificate authorities, in PEM; by default those of Node.js. */
  readonly authorities?: string
}

/** Time without an answer after which a mail server is given up, in milliseconds. */
const TIMEOUT_MS = 15_000

/** Mail by SMTP. The SMTP client is loaded at its first use. */
export class SmtpMail implements MailTransport {
  readonly label: string
  readonly #options: SmtpOptions

  constructor(options: SmtpOptions) {
    this.#options = options
    this.label = `${options.host}:${portOf(options)}`
  }

  async send({ from, to, subject, text, html, messageId, threadId, date }: Mail): Promise<Delivery> {
    const transport = await this.#connect()
    try {
      const { rejected } = await transport.sendMail({
        ...{ from, to: [...to], subject, text, html, messageId, date: new Date(date) },
        inReplyTo: threadId,
        references: [threadId],
        headers: { 'Auto-Submitted': 'auto-generated' }
      })
      return { rejected }
    } catch (thrown) {
      throw this.#explain(thrown)
    } finally {
      transport.close()
    }
  }

  async verify(): Promise<void> {
    const transport = await this.#connect()
    try {
      await transport.verify()
    } catch (thrown) {
      throw this.#explain(thrown)
    } finally {
      transport.close()
    }
  }

  #explain(thrown: unknown): RotationError {
    const { redact = (text: string) => text } = this.#options
    return explain(thrown, { server: this.label, redact })
  }

  async #connect() {
    const options = connectionOptions(this.#options)
    const { createTransport } = await import('nodemailer')
    return createTransport(options)
  }
}

/** Options of the connection: TLS cannot be bypassed, certificates are always verified, and the login is never skipped. */
export function connectionOptions({
  host,
  security,
  login,
  authorities,
  ...options
}: SmtpOptions): SMTPTransportOptions {
  const credentials = login()
  return {
    host,
    port: portOf({ security, ...options }),
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: withoutUndefined({ rejectUnauthorized: true, ca: authorities }),
    ...(credentials === undefined
      ? {}
      : {
          auth: { user: credentials.username, pass: credentials.password.reveal() },
          // Otherwise the mail would be sent without a login to a server that offers none.
          forceAuth: true
        }),
    dnsTimeout: TIMEOUT_MS,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
    debug: false
  }
}

function portOf({ port, security }: Pick<SmtpOptions, 'port' | 'security'>): number {
  return port ?? (security === 'tls' ? 465 : 587)
}

/** Words of OpenSSL and Node.js about certificates; nodemailer gives these errors the code of a broken connection. */
const CERTIFICATE = /certificate|altnames/i

/** Explains an error of a mail server, with the one thing to do. */
function explain(
  thrown: unknown,
  { server, redact }: { readonly server: string; readonly redact: (text: string) => string }
): RotationError {
  const error: Partial<NodemailerError> = typeof thrown === 'object' && thrown !== null ? thrown : {}
  const reason = redact(error.message ?? 'no reason given')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .slice(0, 300)
  const { code, what, hint } = classify(error.code ?? '', reason)
  return new RotationError(code, `${server} ${what} (${reason}).`, { hint, cause: thrown })
}

interface Classified {
  readonly code: ErrorCode
  readonly what: string
  readonly hint: string
}

function classify(code: string, reason: string): Classified {
  switch (code) {
    case 'EAUTH':
    case 'ENOAUTH':
      return {
        code: 'refused',
        what: 'refused the user name and password',
        hint: 'Check the variables that alert.smtp.username and alert.smtp.password name; some servers need an app password.'
      }
    case 'EENVELOPE':
      return {
        code: 'refused',
        what: 'refused the sender or every recipient',
        hint: 'Check `alert.from`, which the user may send from, and `alert.to`.'
      }
    case 'EMESSAGE':
      return {
        code: 'refused',
        what: 'refused the mail',
        hint: 'See what the mail server says, and its log.'
      }
  }
  if (CERTIFICATE.test(reason)) {
    return {
      code: 'unreachable',
      what: 'has a certificate that is not accepted',
      hint: 'Check that alert.smtp.host is the name in the certificate; for a private certificate authority, set NODE_EXTRA_CA_CERTS.'
    }
  }
  if (code === 'ETLS') {
    return {
      code: 'unreachable',
      what: 'could not switch to TLS',
      hint: 'Use a server that offers STARTTLS, or `security: tls` and its port for that. Nothing was sent unencrypted.'
    }
  }
  return {
    code: 'unreachable',
    what: 'could not be reached',
    hint: 'Check alert.smtp.host and port, and whether the runner may connect to it: many block port 25.'
  }
}
