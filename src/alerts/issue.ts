import * as v from 'valibot'
import { issueSchema } from '../github/answers.ts'
import type { GitHubClient } from '../github/client.ts'
import { issueUrl } from '../github/issue-url.ts'
import { parseAnswer } from '../http/parse-answer.ts'
import { RotationError, asRotationError } from '../kernel/error.ts'
import { parseRepository, type RepositoryName } from '../kernel/repository.ts'
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
import type { Remembered } from './memory.ts'
import { explainIssueError, issuesDisabled, repositoryArchived } from './issue-errors.ts'
import { renderMarkdown } from './content/message.ts'

/** Options of the alert by issue. */
export interface IssueAlertOptions {
  readonly client: GitHubClient
  /** `owner/name` */
  readonly repository: string
  /** At least one; the first finds the issue again. */
  readonly labels: readonly string[]
  /** Path of the workflow in its repository: each workflow has its own alert. */
  readonly workflow: string
  /** Link to `docs/runbook.md`, without an anchor. */
  readonly runbookUrl: string
  /** Origin of the GitHub server in use, e.g. `https://github.com`. */
  readonly serverUrl: string
}

const repositorySchema = v.looseObject({
  has_issues: v.optional(v.boolean()),
  archived: v.optional(v.boolean())
})

/**
 * Alert by GitHub issue: one open issue per workflow, found again by its label, which only people with write access can set, and by a hidden
 * marker. The search begins at once, beside the run, so that it takes no time of its own.
 */
export class IssueAlert implements AlertPort {
  readonly label: string
  readonly #options: IssueAlertOptions
  readonly #key: string
  readonly #owner: RepositoryName
  #search: Promise<FoundAlert | undefined>

  constructor(options: IssueAlertOptions) {
    this.#options = options
    this.#owner = parseRepository(options.repository)
    this.#key = alertKey(options.workflow)
    this.label = `an issue in ${options.repository}`
    this.#search = this.#find()
    this.#search.catch(() => undefined)
  }

  async report(record: RunRecord): Promise<string | undefined> {
    const failing = shouldAlert(record)
    try {
      let found = await this.#search
      // Another run may have opened it since the search began.
      if (found === undefined && failing) found = await this.#find()
      const state = nextState(found?.state, record)
      if (found === undefined) return state === undefined ? undefined : await this.#open(record, state)
      if (state === undefined) return await this.#close(found, record)
      return failing ? await this.#update(found, record, state) : await this.#noteRecovered(found, state)
    } catch (thrown) {
      throw this.#explain(thrown, failing ? 'The alert could not be raised' : 'The alert could not be closed')
    }
  }

  async recall(): Promise<Remembered> {
    return { open: (await this.#search)?.state }
  }

  async verify(): Promise<void> {
    try {
      const { data } = await this.#options.client.call((rest) => rest.repos.get(this.#owner))
      const { has_issues, archived } = parseAnswer(repositorySchema, data, 'reading the repository')
      if (has_issues === false) throw issuesDisabled(this.#options.repository)
      if (archived === true) throw repositoryArchived(this.#options.repository)
      await this.#search
    } catch (thrown) {
      throw this.#explain(thrown, 'The alert could not be raised')
    }
  }

  #explain(thrown: unknown, context: string): RotationError {
    return explainIssueError(thrown, { repository: this.#options.repository, context })
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
      // The answer was lost. Where no issue is found, the next run opens one: opening another now could make two.
      const found = await this.#find()
      if (found === undefined) throw error
      return found.url
    }
  }

  /** Moves everything to the issue that another run opened just before. @returns its link, or undefined when there is none */
  async #joinOlder(number: number, record: RunRecord): Promise<string | undefined> {
    try {
      const found = await this.#find()
      if (found === undefined || found.number >= number) return undefined
      return await this.#update(found, record, found.state)
    } catch (thrown) {
      // The alert is open; the next run closes a duplicate.
      if (thrown instanceof RotationError) return undefined
      throw thrown
    }
  }

  /** Updates the text, which notifies no one, and comments where things got worse, which does. */
  async #update(found: FoundAlert, record: RunRecord, state: AlertState): Promise<string> {
    const escalations = findEscalations(found.state, state)
    if (escalations.length > 0) await this.#comment(found, describeEscalation(record, escalations))
    await this.#options.client.call((rest) =>
      rest.issues.update({ ...this.#owner, issue_number: found.number, ...this.#content(record, state) })
    )
    await this.#closeDuplicates(found)
    return found.url
  }

  /** Notes in the marker what works again, for the run that will close the issue. */
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

  /** GitHub itself recognises these words. */
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

  async #find(): Promise<FoundAlert | undefined> {
    const { client, serverUrl } = this.#options
    const [label] = this.#options.labels
    if (label === undefined) return undefined
    return await findAlert({ client, ...this.#owner, serverUrl, label, key: this.#key })
  }

  /** A label that exists already, or that the token may not create, does not keep the alert from being raised. */
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
