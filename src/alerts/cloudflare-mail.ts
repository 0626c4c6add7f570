import * as v from 'valibot'
import type { CloudflareAccount } from '../cloudflare/account.ts'
import { parseAnswer } from '../http/parse-answer.ts'
import { RotationError, inContext } from '../rotation/error.ts'
import type { Delivery, Mail, MailTransport } from './mail.ts'

/** What mail by Cloudflare is sent with. */
export interface CloudflareMailOptions {
  readonly account: CloudflareAccount
  /** Whether any token of `auth.email` has a value. */
  readonly hasToken: () => boolean
}

const addresses = v.optional(v.array(v.string()), [])
const deliverySchema = v.looseObject({
  delivered: addresses,
  queued: addresses,
  permanent_bounces: addresses,
  suppressed_recipients: addresses
})

/** Cloudflare's Email Sending. It sets `Message-ID` and `Date` itself and refuses to be given them; its documentation. */
export class CloudflareMail implements MailTransport {
  readonly label = "Cloudflare's email sending"
  readonly #options: CloudflareMailOptions

  constructor(options: CloudflareMailOptions) {
    this.#options = options
  }

  async send({ from, to, subject, text, html, threadId }: Mail): Promise<Delivery> {
    const answer = await this.#call(() =>
      this.#options.account.call((sdk, account_id) =>
        sdk.emailSending.send({
          account_id,
          from,
          to: [...to],
          subject,
          text,
          html,
          headers: { 'In-Reply-To': threadId, References: threadId }
        })
      )
    )
    const { delivered, queued, permanent_bounces, suppressed_recipients } = parseAnswer(
      deliverySchema,
      answer,
      'sending a mail'
    )
    const rejected = [...permanent_bounces, ...suppressed_recipients]
    const accepted = [...delivered, ...queued]
    if (accepted.length === 0 && rejected.length > 0) {
      throw new RotationError('refused', `Cloudflare did not send the mail to ${rejected.join(', ')}.`, {
        hint: "Check `alert.to`, and Cloudflare's suppression list, which keeps addresses that bounced."
      })
    }
    return { accepted, rejected }
  }

  /** Any call that tells more would send. */
  async verify(): Promise<void> {
    await Promise.resolve()
    if (this.#options.hasToken()) return
    throw new RotationError('missing-value', 'No token is set for auth.email.', {
      hint: 'Give the step the token in `env`, with the permission Email Sending Edit.'
    })
  }

  async #call<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send()
    } catch (thrown) {
      const error = inContext(thrown, 'The mail could not be sent')
      throw new RotationError(error.code, error.message, {
        hint:
          error.code === 'permission'
            ? 'Give the token of auth.email the permission Email Sending Edit on this account.'
            : error.code === 'bad-input'
              ? 'Check that `alert.from` is at a domain which is set up for Email Sending, and check `alert.to`.'
              : (error.hint ?? 'Check auth.email and `alert`.'),
        cause: error
      })
    }
  }
}
