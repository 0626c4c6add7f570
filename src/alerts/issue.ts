import * as v from 'valibot'
import { issueSchema } from '../github/answers.ts'
import type { GitHubClient } from '../github/client.ts'
import { issueUrl } from '../github/issue-url.ts'
import { parseAnswer } from '../http/parse-answer.ts'
import { RotationError, asRotationError } from '../kernel/error.ts'
import type { RunRecord } from '../rotation/record/schema.ts'
import type { AlertPort } from './alert.ts'
import {
  alertKey,
  formatMarker,
  shouldAlert,
  nextState,
  withoutMarker,
  type AlertState
} from './content/alert-state.ts'
import { describeEscalation, describeFailure, describeRecovery } from './content/content.ts'
import { findEscalations } from './content/escalation.ts'
import { findAlert, type FoundAlert } from './find-issue.ts'
import { renderMarkdown } from './content/message.ts'

/** What the alert by issue is made from. */
export interface IssueAlertOptions {
  readonly client: GitHubClient
  /** `owner/name` */
  readonly repository: string
  /** At least one; the first finds the issue again. */
  readonly labels: readonly string[]
  /** What tells this workflow's alert from another's: the path of the workflow in its repository. */
  readonly workflow: string
  /** Link to `docs/runbook.md`, to which anchors are added. */
  readonly runbookUrl: string
  /** Origin of the GitHub server in use, e.g. `https://github.com`. */
  readonly serverUrl: string
}

const repositorySchema = v.looseObject({
  has_issues: v.optional(v.boolean()),
  archived: v.optional(v.boolean())
})

/**
 * The alert as a GitHub issue: one at a time, found again by a hidden marker and by its label, which strangers can't set. Looking for it begins
 * at once, so that it costs a run no time.
 */
export class IssueAlert implements AlertPort {
  readonly label: string
  readonly #options: IssueAlertOptions
  readonly #key: string
  readonly #owner: { readonly owner: string; readonly repo: string }
  #search: Promise<FoundAlert | undefined>

  constructor(options: IssueAlertOptions) {
    const [owner = '', repo = ''] = options.repository.split('/')
    this.#options = options
    this.#owner = { owner, repo }
    this.#key = alertKey(options.workflow)
    this.label = `an issue in ${options.repository}`
    this.#search = this.#find()
    this.#search.catch(() => undefined)
  }

  async report(record: RunRecord): Promise<string | undefined> {
    const failing = shouldAlert(record)
    try {
      let found = await this.#search
      // The search began with the run, and another run may have failed since.
      if (found === undefined && failing) found = await this.#find()
      const state = nextState(found?.state, record)
      if (found === undefined) return state === undefined ? undefined : await this.#open(record, state)
      if (state === undefined) return await this.#close(found, record)
      return failing ? await this.#update(found, record, state) : await this.#noteRecovered(found, state)
    } catch (thrown) {
      throw this.#explain(thrown, failing ? 'The alert could not be raised' : 'The alert could not be closed')
    }
  }

  async verify(): Promise<void> {
    try {
      const { data } = await this.#options.client.call((rest) => rest.repos.get(this.#owner))
      const { has_issues, archived } = parseAnswer(repositorySchema, data, 'reading the repository')
      if (has_issues === false) throw this.#turnedOff()
      if (archived === true) {
        throw new RotationError(
          'alert',
          `${this.#options.repository} is archived: nothing can be written there.`,
          {
            hint: 'Set alert.repository to another repository.'
          }
        )
      }
      await this.#search
    } catch (thrown) {
      throw this.#explain(thrown, 'The alert could not be raised')
    }
  }

  /** Says what is wrong with the place of the alert where that is known, since the API's own words name neither key nor setting. */
  #explain(thrown: unknown, context: string): RotationError {
    const error = asRotationError(thrown)
    const { repository } = this.#options
    const status = error.code === 'not-found' ? error.call?.status : undefined
    if (status === 404) {
      return new RotationError(
        'alert',
        `${context}: there is no repository ${repository} that github-token may see.`,
        {
          hint: 'Check alert.repository. The token of the job sees no other private repository: give a github-token that may write issues there.',
          cause: error
        }
      )
    }
    if (status === 410) {
      const { message, hint } = this.#turnedOff()
      return new RotationError('alert', `${context}: ${message}`, { hint: hint!, cause: error })
    }
    return new RotationError('alert', `${context}: ${error.message}`, {
      hint:
        error.code === 'permission'
          ? `Give the job \`permissions: issues: write\`, or a github-token that may write issues in ${repository}.`
          : (error.hint ?? 'See whether issues can be opened by hand.'),
      cause: error
    })
  }

  #turnedOff(): RotationError {
    return new RotationError('alert', `Issues are turned off in ${this.#options.repository}.`, {
      hint: 'Turn them on in the settings of the repository, or set alert.repository to another one.'
    })
  }

  async #open(record: RunRecord, state: AlertState): Promise<string> {
    await this.#createLabels()
    const content = this.#content(record, state)
    try {
      const { data } = await this.#options.client.call((rest) =>
        rest.issues.create({ ...this.#owner, ...content, labels: [...this.#options.labels] })
      )
      const { number, html_url } = parseAnswer(issueSchema, data, 'opening an issue')
      const { serverUrl, repository } = this.#options
      const url = issueUrl({ answered: html_url, serverUrl, repository, number })
      return (await this.#joinOlder(number, record)) ?? url
    } catch (thrown) {
      const error = asRotationError(thrown)
      if (error.effect === 'not-applied') throw error
      // The answer was lost: only when no issue is there may another be opened, and that is left to the next run.
      const found = await this.#find()
      if (found === undefined) throw error
      return found.url
    }
  }

  /** Answers the link of the issue that another run opened just before, once everything is in that one. */
  async #joinOlder(number: number, record: RunRecord): Promise<string | undefined> {
    try {
      const found = await this.#find()
      if (found === undefined || found.number >= number) return undefined
      return await this.#update(found, record, found.state)
    } catch (thrown) {
      // The alert is there; that it may be there twice is put in order by the next run.
      if (thrown instanceof RotationError) return undefined
      throw thrown
    }
  }

  /** Keeps the text current, which notifies nobody, and comments where it got worse, which does. */
  async #update(found: FoundAlert, record: RunRecord, state: AlertState): Promise<string> {
    const escalations = findEscalations(found.state, state)
    if (escalations.length > 0) await this.#comment(found, describeEscalation(record, escalations))
    await this.#options.client.call((rest) =>
      rest.issues.update({ ...this.#owner, issue_number: found.number, ...this.#content(record, state) })
    )
    await this.#closeDuplicates(found)
    return found.url
  }

  /** Some of what failed works again: the marker says so, for the run that will close the issue. */
  async #noteRecovered(found: FoundAlert, state: AlertState): Promise<undefined> {
    if (!found.body.includes(formatMarker(this.#key, state))) {
      const body = `${withoutMarker(found.body)}\n\n${formatMarker(this.#key, state)}`
      await this.#options.client.call((rest) =>
        rest.issues.update({ ...this.#owner, issue_number: found.number, body })
      )
    }
    await this.#closeDuplicates(found)
    return undefined
  }

  async #close(found: FoundAlert, record: RunRecord): Promise<string> {
    await this.#comment(found, describeRecovery(record))
    await this.#closeDuplicates(found)
    await this.#options.client.call((rest) =>
      rest.issues.update({
        ...this.#owner,
        issue_number: found.number,
        state: 'closed',
        state_reason: 'completed'
      })
    )
    return found.url
  }

  /** In the words by which GitHub itself knows a duplicate. */
  async #closeDuplicates({ number, duplicates }: FoundAlert): Promise<void> {
    for (const duplicate of duplicates) {
      const issue = { ...this.#owner, issue_number: duplicate }
      await this.#options.client.call((rest) =>
        rest.issues.createComment({ ...issue, body: `Duplicate of #${number}` })
      )
      await this.#options.client.call((rest) =>
        rest.issues.update({ ...issue, state: 'closed', state_reason: 'not_planned' })
      )
    }
  }

  async #comment({ number }: FoundAlert, content: Parameters<typeof renderMarkdown>[0]): Promise<void> {
    const body = renderMarkdown(content).slice(0, MAX_BODY)
    await this.#options.client.call((rest) =>
      rest.issues.createComment({ ...this.#owner, issue_number: number, body })
    )
  }

  #content(record: RunRecord, state: AlertState): { title: string; body: string } {
    const { runbookUrl } = this.#options
    const content = describeFailure(record, { state, runbookUrl, onSuccess: 'closes this issue' })
    const marker = `\n\n${formatMarker(this.#key, state)}`
    return {
      title: content.title,
      body: `${renderMarkdown(content).slice(0, MAX_BODY - marker.length)}${marker}`
    }
  }

  #find(): Promise<FoundAlert | undefined> {
    const { client, labels, serverUrl } = this.#options
    return findAlert({ client, ...this.#owner, serverUrl, label: labels[0]!, key: this.#key })
  }

  /** Labels that exist already, or that the token may not create, are no reason to be silent. */
  async #createLabels(): Promise<void> {
    await Promise.all(
      this.#options.labels.map(async (name) => {
        try {
          await this.#options.client.call((rest) => rest.issues.createLabel({ ...this.#owner, name }))
        } catch (thrown) {
          if (!(thrown instanceof RotationError)) throw thrown
        }
      })
    )
  }
}

/** GitHub refuses a longer text. */
const MAX_BODY = 65_000
