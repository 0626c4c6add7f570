import type { EmailSendingSendResponse } from 'cloudflare/resources/email-sending/email-sending'
import { CloudflareError } from './cloudflare-error.ts'
import type { CloudflareContext } from './state.ts'

/** Mail as it was sent to the API. */
export interface MailInput {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text?: string
  readonly html?: string
  readonly headers: Readonly<Record<string, string>>
}

/** Accepted mail; time in epoch milliseconds. */
export interface SentMail extends MailInput {
  readonly id: string
  readonly sentAt: number
  /** Recipients of `to` that receive it. */
  readonly delivered: readonly string[]
}

/** Email Sending of the account. */
export class EmailSending {
  /** Domains that mail may come from. */
  readonly domains = new Set<string>(['example.com'])
  /** Addresses to which nothing is sent any more. */
  readonly suppressed = new Set<string>()
  /** Every accepted mail, oldest first. */
  readonly sent: SentMail[] = []
  readonly #context: CloudflareContext

  constructor(context: CloudflareContext) {
    this.#context = context
  }

  send(mail: MailInput): EmailSendingSendResponse {
    const domain = mail.from.slice(mail.from.lastIndexOf('@') + 1)
    if (!this.domains.has(domain)) {
      throw new CloudflareError(403, { code: '10204', message: 'email.sending.error.sender_not_configured' })
    }
    const delivered = mail.to.filter((address) => !this.suppressed.has(address))
    const id = `<${this.#context.entropy.hex(32)}@mail.example.net>`
    if (delivered.length > 0) this.sent.push({ ...mail, id, sentAt: this.#context.clock.now(), delivered })
    return {
      delivered,
      message_id: id,
      permanent_bounces: [],
      queued: [],
      suppressed_recipients: mail.to.filter((address) => this.suppressed.has(address))
    }
  }
}
