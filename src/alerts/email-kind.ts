import * as v from 'valibot'
import type { CloudflareServices } from '../cloudflare/services.ts'
import type { GitHubServices } from '../github/client.ts'
import { readPreviousRun } from '../github/previous-run.ts'
import { RotationError } from '../kernel/error.ts'
import { described, matching, variable } from '../kernel/fields.ts'
import { isLoopback } from '../kernel/safe-url.ts'
import type { Secret } from '../kernel/secret.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import type { AlertKind } from './alert.ts'
import { formRunbookUrl } from './content/runbook.ts'
import { EmailAlert } from './email.ts'
import { CloudflareMail } from './mail/cloudflare-mail.ts'
import { SmtpMail } from './mail/smtp.ts'

/** Most addresses that an alert is mailed to. */
const MAX_RECIPIENTS = 20

const address = matching(
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,188}[A-Za-z0-9])?$/,
  'a mail address such as ops@example.com, without a name'
)
const addresses = v.union(
  [
    address,
    v.pipe(
      v.array(address),
      v.minLength(1, 'must hold at least one mail address'),
      v.maxLength(MAX_RECIPIENTS, `must hold at most ${MAX_RECIPIENTS} mail addresses`)
    )
  ],
  `must be a mail address such as ops@example.com, or a list of 1 to ${MAX_RECIPIENTS} of them`
)

const smtp = v.pipe(
  v.strictObject({
    host: described(
      matching(/^[A-Za-z0-9:]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/, 'the name or address of a mail server'),
      'The name of the mail server, which its certificate must be for.'
    ),
    port: described(
      v.optional(
        v.pipe(
          v.number('must be a port'),
          v.integer('must be a port'),
          v.minValue(1, 'must be a port'),
          v.maxValue(65_535, 'must be a port')
        )
      ),
      'The port; left out, 587, or 465 with `security: tls`.'
    ),
    security: described(
      v.optional(v.picklist(['starttls', 'tls', 'none'], 'must be starttls, tls or none'), 'starttls'),
      '`starttls` begins in plain and goes on only if the server changes to TLS; `tls` begins with it; `none` is for a server on this machine.'
    ),
    username: described(v.optional(variable), 'The environment variable that holds the user name.'),
    password: described(v.optional(variable), 'The environment variable that holds the password.')
  }),
  v.check(
    ({ security, host }) => security !== 'none' || isLoopback(host),
    'must not have security: none, except for a server on this machine: the mail and the password would cross the network in plain'
  ),
  v.check(
    ({ username, password }) => (username === undefined) === (password === undefined),
    'must have both a username and a password, or neither'
  )
)

const schema = v.strictObject({
  type: v.literal('email'),
  from: described(address, 'The address that mails come from.'),
  to: described(addresses, 'Who gets the mails: an address, or a list of at most 20.'),
  smtp: described(
    v.optional(smtp),
    "The mail server; left out, Cloudflare's Email Sending with the token of `auth.email`."
  )
})

type SmtpConfiguration = v.InferOutput<typeof smtp>
type Services = DriverServices & CloudflareServices & GitHubServices

/** A mail, by a mail server or by Cloudflare. */
export const emailKind: AlertKind<v.InferOutput<typeof schema>, Services> = {
  type: 'email',
  schema,
  permissions: (alert) =>
    alert.smtp === undefined ? [{ role: 'email', permission: 'Email Sending Write' }] : [],
  variables: ({ smtp: { username, password } = {} }) =>
    username === undefined || password === undefined
      ? []
      : [
          { path: 'smtp.username', name: username, secret: false, holds: 'text' },
          { path: 'smtp.password', name: password, secret: true, holds: 'text' }
        ],
  create: ({ from, to, smtp: server }, services) => {
    const { run, reporter, secrets, github } = services
    return new EmailAlert({
      transport: server === undefined ? createCloudflareMail(services) : createSmtpMail(server, services),
      from,
      to: [to].flat(),
      workflow: run.workflow,
      runbookUrl: formRunbookUrl(run),
      previousRun: () => readPreviousRun(github, run),
      reporter,
      redact: (text) => secrets.redact(text)
    })
  }
}

function createCloudflareMail(services: Services): CloudflareMail {
  const account = services.account('email')
  return new CloudflareMail({ account, hasToken: () => account.hasToken() })
}

/** A variable that is not set is reported when a mail is to be sent: an alert must never be what keeps a run from beginning. */
function createSmtpMail(
  { host, port, security, username, password }: SmtpConfiguration,
  { valuesOf, secrets }: Services
): SmtpMail {
  const valueOf = (name: string): Secret => {
    const [value] = valuesOf(name)
    if (value !== undefined) return value
    throw new RotationError('missing-value', `The environment variable ${name} is not set or empty.`, {
      hint: `Give it to the step in \`env\`, e.g. ${name}: \${{ secrets.${name} }}`
    })
  }
  return new SmtpMail({
    ...{ host, port, security },
    redact: (text) => secrets.redact(text),
    login: () =>
      username === undefined || password === undefined
        ? undefined
        : { username: valueOf(username).reveal(), password: valueOf(password) }
  })
}
