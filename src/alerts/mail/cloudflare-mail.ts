import * as v from 'valibot'
import type { CloudflareAccount } from '../../cloudflare/account.ts'
import { parseAnswer } from '../../http/parse-answer.ts'
import { RotationError, withContext } from '../../kernel/error.ts'
import type { Delivery, Mail, MailTransport } from './mail.ts'

/** Options of Cloudflare Email Sending. */
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

/** Mail by Cloudflare Email Sending, which sets `Message-ID` and `Date` itself and refuses them as headers (its documentation). */
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
    // Addresses that the mail was not sent to are not shown.
    const rejected = knownOf(to, [...permanent_bounces, ...suppressed_recipients])
    const accepted = knownOf(to, [...delivered, ...queued])
    if (accepted.length === 0 && rejected.length > 0) {
      throw new RotationError('refused', `Cloudflare did not send the mail to ${rejected.join(', ')}.`, {
        hint: "Check `alert.to`, and Cloudflare's suppression list, which keeps addresses that bounced."
      })
    }
    return { rejected }
  }

  /** Checks no more than the token: every other call would send a mail. */
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
      const error = withContext(thrown, 'The mail could not be sent')
      throw error.with({ hint: findHint(error) })
    }
  }
}

function knownOf(to: readonly string[], answered: readonly string[]): readonly string[] {
  const all = new Set(answered.map((address) => address.toLowerCase()))
  return to.filter((address) => all.has(address.toLowerCase()))
}

/** Hints for the codes of Email Sending (Cloudflare's documentation). */
const HINTS: Readonly<Record<number, string>> = {
  10102: 'Give the token of auth.email the permission Email Sending Edit on this account.',
  10105:
    'Email Sending is not part of the plan of this account (the Free plan has none): use a paid plan, or `alert.smtp` or `type: issue`.',
  10203:
    'Sending is disabled for this account or domain: enable it in the dashboard under Email Sending, or ask Cloudflare why it was disabled.',
  10204:
    'The domain of `alert.from` is not set up for sending: add it in the dashboard under Email Sending, or use an address of a domain that is.'
}

function findHint({ code, call, hint }: RotationError): string {
  const own = call?.apiCode === undefined ? undefined : HINTS[call.apiCode]
  if (own !== undefined) return own
  if (code === 'permission')
    return 'Give the token of auth.email the permission Email Sending Edit on this account.'
  if (code === 'bad-input')
    return 'Check that `alert.from` is at a domain which is set up for Email Sending, and check `alert.to`.'
  return hint ?? 'Check auth.email and `alert`.'
}
