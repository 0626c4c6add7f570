import type { PreviousRun } from '../github/previous-run.ts'
import { RotationError, asRotationError } from '../kernel/error.ts'
import type { Reporter } from '../rotation/model/ports.ts'
import type { RunRecord } from '../rotation/record/schema.ts'
import { alertKey, shouldAlert, nextState } from './content/alert-state.ts'
import type { AlertPort } from './alert.ts'
import { findRecoveryNews, type Remembered } from './memory.ts'
import { describeFailure, describeRecovery } from './content/content.ts'
import type { MailTransport } from './mail/mail.ts'
import { renderHtml } from './mail/html.ts'
import { renderText } from './mail/text.ts'
import type { AlertContent } from './content/message.ts'

/** Options of the alert by mail. */
export interface EmailAlertOptions {
  readonly transport: MailTransport
  readonly from: string
  /** At least one. */
  readonly to: readonly string[]
  /** Path of the workflow in its repository: each workflow has its own alert. */
  readonly workflow: string
  /** Link to `docs/runbook.md`, without an anchor. */
  readonly runbookUrl: string
  /** How the previous run ended, where no issue remembers it. */
  readonly previousRun: () => Promise<PreviousRun>
  readonly reporter: Reporter
  /** Removes secret values from a text of a mail server. */
  readonly redact: (text: string) => string
}

/** Alert by mail: one for each failing run, and one for the first run that works again. */
export class EmailAlert implements AlertPort {
  readonly label: string
  readonly #options: EmailAlertOptions

  constructor(options: EmailAlertOptions) {
    this.#options = options
    this.label = `mail to ${options.to.join(', ')} by ${options.transport.label}`
  }

  async report(record: RunRecord, remembered?: Remembered): Promise<undefined> {
    const failing = shouldAlert(record)
    try {
      if (failing) await this.#send(record, this.#describeFailure(record))
      else await this.#reportRecovery(record, remembered)
    } catch (thrown) {
      throw this.#explain(
        thrown,
        failing ? 'The alert could not be raised' : 'The recovery could not be mailed'
      )
    }
  }

  async verify(): Promise<void> {
    try {
      await this.#options.transport.verify()
    } catch (thrown) {
      throw this.#explain(thrown, 'The alert could not be raised')
    }
  }

  #describeFailure(record: RunRecord): AlertContent {
    const state = nextState(undefined, record)
    if (state === undefined) throw new TypeError('A failing run has something that fails')
    return describeFailure(record, {
      state,
      runbookUrl: this.#options.runbookUrl,
      onSuccess: 'is reported by mail'
    })
  }

  async #reportRecovery(record: RunRecord, remembered: Remembered | undefined): Promise<void> {
    const { previousRun, reporter } = this.#options
    const news = await findRecoveryNews(record, { remembered, previousRun })
    if (news.tell === 'recovery') await this.#send(record, describeRecovery(record))
    else if (news.reason !== undefined)
      reporter.info(`No mail about a recovery is sent, since ${news.reason}.`)
  }

  async #send({ run, endedAt }: RunRecord, content: AlertContent): Promise<void> {
    const { transport, from, to, workflow, reporter } = this.#options
    const domain = from.slice(from.lastIndexOf('@') + 1)
    const thread = `rotate-action.${alertKey(workflow)}`
    const { rejected } = await transport.send({
      from,
      to,
      subject: content.title,
      text: renderText(content),
      html: renderHtml(content),
      messageId: `<${thread}.${run.id}.${run.attempt}@${domain}>`,
      threadId: `<${thread}@${domain}>`,
      date: endedAt
    })
    if (rejected.length > 0) {
      reporter.warning(
        `The alert was mailed, but not to ${rejected.join(', ')}: the mail server refused them.`
      )
    }
  }

  #explain(thrown: unknown, context: string): RotationError {
    const error = asRotationError(thrown)
    return new RotationError('alert', this.#options.redact(`${context}: ${error.message}`), {
      hint: error.hint ?? 'Check `alert` in the configuration.',
      cause: error
    })
  }
}
