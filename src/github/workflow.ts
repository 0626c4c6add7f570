import * as v from 'valibot'
import { parseAnswer } from '../http/parse-answer.ts'
import { parseInstant } from '../kernel/clock.ts'
import { parseRepository, type RepositoryName } from '../kernel/repository.ts'
import type { GitHubClient } from './client.ts'

/** A workflow of a repository. */
export interface WorkflowOptions {
  readonly client: GitHubClient
  /** `owner/name` */
  readonly repository: string
  /** `owner/name/.github/workflows/file.yml` */
  readonly workflow: string
}

/** What GitHub knows of a workflow; instants are milliseconds since the epoch. */
export interface WorkflowState {
  /** `active`, `disabled_inactivity`, `disabled_manually` and others. */
  readonly state: string
  /** When it was last enabled or changed. */
  readonly updatedAt: number | undefined
  readonly isPublic: boolean
  /** When something was last pushed. */
  readonly pushedAt: number | undefined
}

const repositorySchema = v.looseObject({
  private: v.boolean(),
  pushed_at: v.optional(v.nullable(v.string()))
})
const workflowSchema = v.looseObject({
  state: v.pipe(v.string(), v.regex(/^\w{1,60}$/, 'is not a state')),
  updated_at: v.optional(v.nullable(v.string()))
})
const runsSchema = v.looseObject({
  workflow_runs: v.array(
    v.looseObject({
      path: v.optional(v.nullable(v.string())),
      created_at: v.optional(v.nullable(v.string()))
    })
  )
})

const RUNS = 50

/** One workflow as GitHub sees it. */
export class Workflow {
  readonly #options: WorkflowOptions
  readonly #at: RepositoryName
  /** The name of its file, which the API accepts as its id. */
  readonly file: string

  constructor(options: WorkflowOptions) {
    this.#options = options
    this.#at = parseRepository(options.repository)
    this.file = options.workflow.split('/').at(-1) ?? ''
  }

  /** Reads its state and its repository's. */
  async read(): Promise<WorkflowState> {
    const { client } = this.#options
    const [repository, workflow] = await Promise.all([
      client.call((rest) => rest.repos.get(this.#at)),
      client.call((rest) => rest.actions.getWorkflow({ ...this.#at, workflow_id: this.file }))
    ])
    const { private: isPrivate, pushed_at } = parseAnswer(
      repositorySchema,
      repository.data,
      'reading a repository'
    )
    const { state, updated_at } = parseAnswer(workflowSchema, workflow.data, 'reading a workflow')
    return {
      state,
      updatedAt: parseInstant(updated_at),
      isPublic: !isPrivate,
      pushedAt: parseInstant(pushed_at)
    }
  }

  /** When its last scheduled runs were queued, newest first. */
  async scheduledAt(): Promise<readonly number[]> {
    const { data } = await this.#options.client.call((rest) =>
      rest.actions.listWorkflowRunsForRepo({ ...this.#at, event: 'schedule', per_page: RUNS })
    )
    return parseAnswer(runsSchema, data, 'listing workflow runs')
      .workflow_runs.filter(({ path }) => path == null || path.replace(/@.*/s, '').endsWith(`/${this.file}`))
      .flatMap(({ created_at }) => parseInstant(created_at) ?? [])
      .sort((a, b) => b - a)
  }
}
