import type { Hono } from 'hono'
import * as v from 'valibot'
import { permitted } from './authentication.ts'
import { CloudflareError } from './cloudflare-error.ts'
import { answer, readJson, type CloudflareEnv } from './envelope.ts'

const line = v.pipe(v.string(), v.minLength(1), v.maxLength(998), v.regex(/^[^\r\n\0]*$/))
const address = v.pipe(v.string(), v.maxLength(320), v.regex(/^[^\s@<>]+@[^\s@<>]+$/))
const named = v.strictObject({ address, name: v.optional(v.nullable(line)) })
const mailbox = v.pipe(
  v.union([address, named]),
  v.transform((value) => (typeof value === 'string' ? value : value.address))
)
const mailboxes = v.pipe(
  v.union([mailbox, v.pipe(v.array(mailbox), v.minLength(1), v.maxLength(50))]),
  v.transform((value) => [value].flat())
)

/** Headers that may be set besides `X-…`, in lower case; all others are Cloudflare's own or unknown. */
const ALLOWED = new Set(['in-reply-to', 'references', 'list-unsubscribe', 'list-unsubscribe-post'])

const newMail = v.strictObject({
  from: mailbox,
  to: mailboxes,
  subject: line,
  text: v.optional(v.string()),
  html: v.optional(v.string()),
  headers: v.optional(v.record(v.string(), line), {})
})

/** `/accounts/{account_id}/email/sending/send`. */
export function routeEmail(app: Hono<CloudflareEnv>): void {
  app.post('/accounts/:account_id/email/sending/send', permitted('Email Sending Write'), (c) => {
    const { text, html, ...mail } = readJson(c, newMail)
    if ((text ?? '') === '' && (html ?? '') === '') throw invalidMail('text or html is required')
    for (const name of Object.keys(mail.headers)) {
      if (!ALLOWED.has(name.toLowerCase()) && !/^x-/i.test(name)) {
        throw invalidMail(`E_HEADER_NOT_ALLOWED: ${name}`)
      }
    }
    const parts = { ...(text === undefined ? {} : { text }), ...(html === undefined ? {} : { html }) }
    return answer(c, c.env.cloudflare.email.send({ ...mail, ...parts }))
  })
}

/** Email Sending uses strings as codes. */
function invalidMail(message: string): CloudflareError {
  return new CloudflareError(400, { code: '10200', message })
}
