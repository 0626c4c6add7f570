import * as v from 'valibot'
import { parseAnswer } from '../http/parse-answer.ts'
import { RotationError, asRotationError, type ErrorCode } from '../kernel/error.ts'
import { parseRepository, type RepositoryName } from '../kernel/repository.ts'
import type { GitHubClient } from './client.ts'
import { PAGE_SIZE } from './limits.ts'

/** Workflow that is started by `workflow_dispatch`. */
export interface WorkflowDispatchOptions {
  readonly client: GitHubClient
  /** `owner/name` */
  readonly repository: string
  readonly file: string
}

/** Run of a started workflow. */
export interface DispatchedRun {
  readonly status: string
  readonly conclusion: string | null
}

const word = v.pipe(v.string(), v.regex(/^\w{1,60}$/, 'is not a state'))
const repositorySchema = v.looseObject({ default_branch: v.pipe(v.string(), v.minLength(1)) })
const workflowSchema = v.looseObject({ state: word, path: v.string() })
const detailsSchema = v.looseObject({ workflow_run_id: v.pipe(v.number(), v.integer()) })
const runSchema = v.looseObject({ id: v.number(), status: word, conclusion: v.optional(v.nullable(word)) })
const runsSchema = v.looseObject({ workflow_runs: v.array(v.looseObject({ id: v.number() })) })

/** Id of a run that does not exist. */
const NO_RUN = 0
/** Errors that say nothing about the token, and end the run. */
const ENDING: ReadonlySet<ErrorCode> = new Set(['cancelled', 'internal'])

/** Starts a workflow and reads its runs. */
export class WorkflowDispatch {
  readonly #client: GitHubClient
  readonly #at: RepositoryName
  readonly #file: string

  constructor({ client, repository, file }: WorkflowDispatchOptions) {
    this.#client = client
    this.#at = parseRepository(repository)
    this.#file = file
  }

  async readDefaultBranch(): Promise<string> {
    const { data } = await this.#client.call((rest) => rest.repos.get(this.#at))
    return parseAnswer(repositorySchema, data, 'reading a repository').default_branch
  }

  /** Checks that the workflow can be started, as far as that can be told without starting it. @throws RotationError */
  async requireStartable(ref: string): Promise<void> {
    const { data } = await this.#client.call((rest) =>
      rest.actions.getWorkflow({ ...this.#at, workflow_id: this.#file })
    )
    const { state, path } = parseAnswer(workflowSchema, data, 'reading a workflow')
    if (state !== 'active')
      throw new RotationError('rollout-failed', `${this.#file} is disabled (\`${state}\`).`, {
        hint: 'Enable the workflow, or remove the gate.'
      })
    const source = await this.#readSource(path, ref)
    if (source !== undefined && !/\bworkflow_dispatch\b/.test(source))
      throw new RotationError(
        'rollout-failed',
        `${this.#file} has no trigger \`workflow_dispatch\` on ${ref}.`,
        {
          hint: 'Add `workflow_dispatch:` below `on:` in the workflow.'
        }
      )
    await this.#requireWritable()
  }

  /** Starts a run. @returns its id; undefined where GitHub does not say */
  async start(ref: string, inputs: Readonly<Record<string, string>>): Promise<number | undefined> {
    const request = { ...this.#at, workflow_id: this.#file, ref, inputs, return_run_details: true }
    const { data } = await this.#client.call((rest) => rest.actions.createWorkflowDispatch(request))
    const details = v.safeParse(detailsSchema, data)
    return details.success ? details.output.workflow_run_id : undefined
  }

  /** Ids of its newest runs that were started by `workflow_dispatch`. */
  async listRuns(): Promise<readonly number[]> {
    const { data } = await this.#client.call((rest) =>
      rest.actions.listWorkflowRuns({
        ...this.#at,
        workflow_id: this.#file,
        event: 'workflow_dispatch',
        per_page: PAGE_SIZE
      })
    )
    return parseAnswer(runsSchema, data, 'listing the runs of a workflow').workflow_runs.map(({ id }) => id)
  }

  async readRun(id: number): Promise<DispatchedRun> {
    const { data } = await this.#client.call((rest) =>
      rest.actions.getWorkflowRun({ ...this.#at, run_id: id })
    )
    const run = parseAnswer(runSchema, data, 'reading a workflow run')
    if (run.id !== id)
      throw new RotationError('bad-answer', `GitHub answered with run ${run.id} instead of ${id}.`)
    return { status: run.status, conclusion: run.conclusion ?? null }
  }

  async cancel(id: number): Promise<void> {
    await this.#client.call((rest) => rest.actions.cancelWorkflowRun({ ...this.#at, run_id: id }))
  }

  /** Cancels a run that does not exist: a token that may only read is refused before the run is looked for (docs/adr/0005). */
  async #requireWritable(): Promise<void> {
    try {
      await this.cancel(NO_RUN)
    } catch (thrown) {
      const error = asRotationError(thrown)
      if (error.code === 'permission')
        throw error.with({ message: `the token may not start it. ${error.message}` })
      if (ENDING.has(error.code)) throw error
    }
  }

  /** Reads the workflow's file; undefined where the token may not. */
  async #readSource(path: string, ref: string): Promise<string | undefined> {
    try {
      const { data } = await this.#client.call((rest) =>
        rest.repos.getContent({ ...this.#at, path, ref, mediaType: { format: 'raw' } })
      )
      return typeof data === 'string' ? data : undefined
    } catch (thrown) {
      if (thrown instanceof RotationError) return undefined
      throw thrown
    }
  }
}
