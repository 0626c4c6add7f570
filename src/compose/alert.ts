import type { AlertPort } from '../alerts/alert.ts'
import { CloudflareMail } from '../alerts/mail/cloudflare-mail.ts'
import { EmailAlert } from '../alerts/email.ts'
import { IssueAlert } from '../alerts/issue.ts'
import type { MailTransport } from '../alerts/mail/mail.ts'
import { alertWithoutToken, noAlert } from '../alerts/no-alert.ts'
import { formRunbookUrl } from '../alerts/content/runbook.ts'
import { SmtpMail } from '../alerts/mail/smtp.ts'
import type { Configuration } from '../config/schema.ts'
import { serverOf } from '../github/issue-url.ts'
import { readPreviousRun } from '../github/previous-run.ts'
import { RotationError } from '../kernel/error.ts'
import type { Secret } from '../kernel/secret.ts'
import type { RunServices } from './services.ts'

/** An alert by mail, as the configuration has it. */
type EmailAlertConfiguration = Extract<Configuration['alert'], { type: 'email' }>

/** Makes the alert. */
export function createAlert(services: RunServices): AlertPort {
  const { configuration, run } = services.dependencies
  const { alert } = configuration
  const runbookUrl = formRunbookUrl(run)
  switch (alert.type) {
    case 'none':
      return noAlert
    case 'email':
      return createEmailAlert(services, alert, runbookUrl)
    case 'issue':
      if (services.github === undefined) return alertWithoutToken
      return new IssueAlert({
        client: services.github,
        repository: alert.repository ?? run.repository,
        labels: alert.labels,
        workflow: run.workflow,
        runbookUrl,
        serverUrl: serverOf(run.runUrl)
      })
  }
}

function createEmailAlert(
  services: RunServices,
  { from, to, smtp }: EmailAlertConfiguration,
  runbookUrl: string
): AlertPort {
  const { run, reporter, secrets } = services.dependencies
  return new EmailAlert({
    transport: smtp === undefined ? createCloudflareMail(services) : createSmtpMail(services, smtp),
    from,
    to: [to].flat(),
    workflow: run.workflow,
    runbookUrl,
    previousRun: () => readPreviousRun(services.github, run),
    reporter,
    redact: (text) => secrets.redact(text)
  })
}

function createCloudflareMail(services: RunServices): MailTransport {
  const names = [services.dependencies.configuration.auth.email].flat()
  return new CloudflareMail({
    account: services.account('email'),
    hasToken: () => names.some((name) => services.values.allOf(name).length > 0)
  })
}

/** What is missing is said when a mail is to be sent: an alert must never be what keeps a run from beginning. */
function createSmtpMail(
  services: RunServices,
  { host, port, security, ...named }: NonNullable<EmailAlertConfiguration['smtp']>
): MailTransport {
  const valueOf = (name: string): Secret => {
    const [value] = services.values.allOf(name)
    if (value !== undefined) return value
    throw new RotationError('missing-value', `The environment variable ${name} is not set or empty.`, {
      hint: `Give it to the step in \`env\`, e.g. ${name}: \${{ secrets.${name} }}`
    })
  }
  return new SmtpMail({
    ...{ host, port, security },
    redact: (text) => services.dependencies.secrets.redact(text),
    login: () =>
      named.username === undefined || named.password === undefined
        ? undefined
        : { username: valueOf(named.username).reveal(), password: valueOf(named.password) }
  })
}
