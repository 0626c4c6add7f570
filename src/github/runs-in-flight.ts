import { parseAnswer } from '../http/parse-answer.ts'
import { allOrFirstError } from '../kernel/settle.ts'
import { parseInstant } from '../kernel/clock.ts'
import { RotationError, withContext } from '../kernel/error.ts'
import { parseRepository } from '../kernel/repository.ts'
import { runsPageSchema } from './answers.ts'
import type { GitHubClient } from './client.ts'
import { PAGE_SIZE } from './limits.ts'

/** States of a run that has not ended. A waiting run holds its secrets already: they are read when the run is queued. */
const UNENDED = ['queued', 'in_progress', 'waiting', 'pending', 'requested'] as const
const MAX_PAGES = 10

/** What {@link RunsInFlight} is built from. */
export interface RunsInFlightOptions {
  /** The clients to ask, best first: a token without `actions: read` is followed by the next. */
  readonly clients: readonly GitHubClient[]
  /** `owner/name` */
  readonly repository: string
  /** This run, which does not count. */
  readonly runId: string
  /** Shares an answer that is no older than the call. */
  readonly readNow: <T>(key: string, read: () => Promise<T>) => Promise<T>
  /** Shares an answer for the whole run. */
  readonly readForRun: <T>(key: string, read: () => Promise<T>) => Promise<T>
}

/** The workflow runs of a repository that may still hold the old value of a secret. */
export class RunsInFlight {
  readonly #options: RunsInFlightOptions

  constructor(options: RunsInFlightOptions) {
    this.#options = options
  }

  /** Checks before anything is written that runs may be listed. @throws RotationError `permission` */
  async require(): Promise<void> {
    try {
      const { repository, readForRun } = this.#options
      await readForRun(`may list the runs of ${repository}`, () => this.#readPage('queued', 1))
    } catch (thrown) {
      throw withContext(
        thrown,
        `The workflow runs of ${this.#options.repository} cannot be listed, which revoke.wait-for-runs needs`
      )
    }
  }

  /** Ids of the runs that were queued before an instant (milliseconds) and have not ended. */
  async list(before: number): Promise<readonly string[]> {
    const { repository, readNow } = this.#options
    const pages = await readNow(`runs of ${repository}`, () =>
      allOrFirstError(UNENDED.map((status) => this.#readAll(status)))
    )
    const ids = pages.flat().flatMap(({ id, created_at }) => {
      const queuedAt = parseInstant(created_at)
      return String(id) !== this.#options.runId && (queuedAt === undefined || queuedAt < before)
        ? [String(id)]
        : []
    })
    return [...new Set(ids)]
  }

  async #readAll(status: (typeof UNENDED)[number]) {
    const runs = []
    for (let page = 1; page <= MAX_PAGES; page++) {
      const { workflow_runs, total_count } = await this.#readPage(status, page)
      runs.push(...workflow_runs)
      const isLast = total_count === undefined ? workflow_runs.length < PAGE_SIZE : runs.length >= total_count
      if (isLast || workflow_runs.length === 0) break
    }
    return runs
  }

  async #readPage(status: (typeof UNENDED)[number], page: number) {
    const { owner, repo } = parseRepository(this.#options.repository)
    let refusal: unknown
    for (const client of this.#options.clients) {
      try {
        const { data } = await client.call((rest) =>
          rest.actions.listWorkflowRunsForRepo({ owner, repo, status, per_page: PAGE_SIZE, page })
        )
        return parseAnswer(runsPageSchema, data, 'listing workflow runs')
      } catch (thrown) {
        const refused =
          thrown instanceof RotationError && ['permission', 'not-found', 'refused'].includes(thrown.code)
        if (!refused) throw thrown
        refusal = thrown.with({
          code: 'permission',
          hint: 'Give the job `permissions: actions: read`, or the github-secrets-token Actions: read; or set revoke.wait-for-runs: false.'
        })
      }
    }
    throw refusal
  }
}
