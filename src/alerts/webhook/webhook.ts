import type { PreviousRun } from '../../github/previous-run.ts'
import { readBody } from '../../http/read-body.ts'
import { USER_AGENT } from '../../http/user-agent.ts'
import type { Clock } from '../../kernel/clock.ts'
import { RotationError } from '../../kernel/error.ts'
import { findUnsafeUrl } from '../../kernel/safe-url.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { Reporter } from '../../rotation/model/ports.ts'
import type { RunRecord } from '../../rotation/record/schema.ts'
import type { AlertPort } from '../alert.ts'
import { alertKey, nextState, shouldAlert } from '../content/alert-state.ts'
import { describeFailure, describeRecovery } from '../content/content.ts'
import {
  findFailureNews,
  findRecoveryNews,
  isCheck,
  isResolved,
  type Memory,
  type News,
  type Remembered
} from '../memory.ts'
import type { WebhookFormat, WebhookMessage } from './format.ts'

/** What a {@link WebhookAlert} is built from. */
export interface WebhookOptions {
  /** The configuration's `format`, for messages: the URL is a secret. */
  readonly name: string
  readonly format: WebhookFormat
  /** @throws RotationError when it is not set */
  readonly url: () => Secret
  /** Whether the service keeps repeated messages about one trouble together. */
  readonly hasMemory: boolean
  readonly workflow: string
  readonly runbookUrl: string
  readonly previousRun: () => Promise<PreviousRun>
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly reporter: Reporter
  readonly redact: (text: string) => string
}

/** Time for one message, in milliseconds. */
const TIMEOUT_MS = 10_000
/** Pause before the second and last try. */
const PAUSE_MS = 2_000
/** Longest part of an answer that is shown. */
const MAX_ANSWER = 500

/** Alert by a webhook: one message when a workflow begins to fail, and one when it works again. */
export class WebhookAlert implements AlertPort {
  readonly label: string
  readonly #options: WebhookOptions

  constructor(options: WebhookOptions) {
    this.#options = options
    this.label = `webhook (${options.name})`
  }

  async report(record: RunRecord, remembered?: Remembered): Promise<undefined> {
    const { previousRun, reporter } = this.#options
    const news = await this.#findNews(record, { remembered, previousRun })
    if (news.tell === 'failure')
      await this.#send({ event: 'failure', content: this.#describeFailure(record), record })
    else if (news.tell === 'recovery')
      await this.#send({ event: 'recovery', content: describeRecovery(record), record })
    else if (news.reason !== undefined) reporter.info(`${this.label}: no message, since ${news.reason}.`)
  }

  async #findNews(record: RunRecord, memory: Memory): Promise<News> {
    const { hasMemory } = this.#options
    if (shouldAlert(record)) return hasMemory ? { tell: 'failure' } : await findFailureNews(record, memory)
    if (!hasMemory) return await findRecoveryNews(record, memory)
    return (await isResolved(record, memory)) ? { tell: 'recovery' } : { tell: 'nothing' }
  }

  /** Nothing can be tried without a message. */
  async verify(): Promise<void> {
    this.#findUrl()
    return Promise.resolve()
  }

  #describeFailure(record: RunRecord) {
    const state = nextState(undefined, record)
    if (state === undefined) throw new TypeError('A failing run has something that fails')
    const { runbookUrl } = this.#options
    return describeFailure(record, { state, runbookUrl, onSuccess: 'is reported here' })
  }

  async #send(message: Omit<WebhookMessage, 'dedupKey'>): Promise<void> {
    const { format, workflow, clock } = this.#options
    const url = this.#findUrl()
    const { repository } = message.record.run
    const key = `rotate-action/${repository}/${alertKey(workflow)}`
    const dedupKey = isCheck(message.record) ? `${key}/check` : key
    const body = JSON.stringify(format({ ...message, dedupKey }))
    const first = await this.#post(url, body)
    if (first.state === 'sent') return
    if (first.again) {
      await clock.sleep(PAUSE_MS)
      if ((await this.#post(url, body)).state === 'sent') return
    }
    throw this.#error(`The alert could not be sent: ${first.reason}`, first.hint)
  }

  async #post(url: string, body: string): Promise<Posted> {
    const { fetch, clock, redact } = this.#options
    const deadline = clock.deadline(TIMEOUT_MS)
    const { signal } = deadline
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': USER_AGENT },
        redirect: 'manual',
        ...{ body, signal }
      })
      const { text } = await readBody(response, { maxBytes: 4_096, signal })
      if (response.ok) return { state: 'sent' }
      const shown = redact(text)
        .replace(/[\s\p{Cc}]+/gu, ' ')
        .slice(0, MAX_ANSWER)
      return {
        state: 'failed',
        again: response.status === 429 || response.status >= 500,
        reason: `it answered ${response.status}${shown === '' ? '' : `: ${shown}`}`,
        hint:
          response.status >= 300 && response.status < 500
            ? 'Check the URL of the webhook, and whether it was removed.'
            : undefined
      }
    } catch {
      // An error of the connection names the URL, which is a secret.
      const reason = signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : 'it could not be reached'
      return { state: 'failed', again: true, reason, hint: undefined }
    } finally {
      deadline.clear()
    }
  }

  #findUrl(): string {
    const url = this.#options.url().reveal()
    const problem = findUnsafeUrl(url)
    if (problem !== undefined)
      throw this.#error(`Its URL ${problem}.`, 'Check the secret that holds the URL of the webhook.')
    return url
  }

  #error(message: string, hint: string | undefined): RotationError {
    return new RotationError('alert', `${this.label}: ${message}`, {
      hint: hint ?? 'Check whether the service is up; the next failing run tries again.'
    })
  }
}

type Posted =
  | { readonly state: 'sent' }
  | {
      readonly state: 'failed'
      readonly again: boolean
      readonly reason: string
      readonly hint: string | undefined
    }
