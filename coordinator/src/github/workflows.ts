import * as v from 'valibot'
import type { Schedule } from '../config/schedules.ts'
import type { ScheduleAction } from '../rules/decide.ts'
import type { ScheduleEvent } from '../rules/note.ts'
import type { RunState } from '../rules/state.ts'
import { GithubRequestError } from './failure.ts'
import { TokenSource, type Identity } from './identity.ts'
import { request, type GithubCall, type GithubConnection } from './request.ts'

const runSchema = v.pipe(
  v.looseObject({
    id: v.pipe(v.number(), v.integer()),
    html_url: v.string(),
    status: v.nullable(v.string()),
    conclusion: v.nullable(v.string()),
    created_at: v.string(),
    updated_at: v.string()
  }),
  v.transform(({ id, html_url, status, conclusion, created_at, updated_at }): RunState => ({
    id,
    url: html_url,
    createdAt: Date.parse(created_at),
    status: status ?? 'unknown',
    conclusion,
    endedAt: status === 'completed' ? Date.parse(updated_at) : null
  }))
)
const runsSchema = v.looseObject({ workflow_runs: v.array(runSchema) })
const workflowSchema = v.looseObject({ state: v.string() })
/** GitHub Enterprise Server may answer a start with nothing. */
const startedSchema = v.optional(v.looseObject({ workflow_run_id: v.pipe(v.number(), v.integer()) }))

/** GitHub's clock and ours differ. */
const SKEW_MS = 10_000

/** Workflows and their runs at GitHub. */
export class Workflows {
  readonly #connection: GithubConnection
  readonly #tokens: TokenSource

  constructor(connection: GithubConnection, identity: Identity) {
    this.#connection = connection
    this.#tokens = new TokenSource(connection, identity)
  }

  /** Carries out an action. @param known ids of runs that a search must not find @returns what it showed; never throws for what GitHub answers */
  async perform(
    action: ScheduleAction,
    { schedule, known }: { readonly schedule: Schedule; readonly known: ReadonlySet<number> }
  ): Promise<ScheduleEvent> {
    try {
      switch (action.kind) {
        case 'dispatch':
          return await this.#dispatch(schedule)
        case 'find':
          return await this.#find(schedule, { since: action.since, known })
        case 'look':
          return await this.#look(schedule, action.runId)
        case 'cancel':
          return await this.#cancel(schedule, action.runId)
        case 'check':
          return await this.#check(schedule)
      }
    } catch (thrown) {
      if (!(thrown instanceof GithubRequestError)) throw thrown
      const { failure } = thrown
      // Only the answer to a start tells that nothing was started.
      const effect = action.kind === 'dispatch' ? failure.effect : 'unknown'
      return { kind: 'failed', failure: { ...failure, effect } }
    }
  }

  async #dispatch(schedule: Schedule): Promise<ScheduleEvent> {
    const { workflow, ref, inputs } = schedule
    try {
      const started = await this.#request(
        schedule,
        {
          method: 'POST',
          path: `/actions/workflows/${workflow}/dispatches`,
          body: { ref, ...(Object.keys(inputs).length === 0 ? {} : { inputs }), return_run_details: true }
        },
        startedSchema
      )
      return { kind: 'accepted', runId: started?.workflow_run_id ?? null }
    } catch (thrown) {
      if (!(thrown instanceof GithubRequestError) || thrown.failure.cause !== 'start-refused') throw thrown
      // The answer says in words only why; the workflow's state says it exactly.
      const checked = await this.#check(schedule)
      if (checked.kind === 'failed') return checked
      throw thrown
    }
  }

  async #find(
    schedule: Schedule,
    { since, known }: { readonly since: number; readonly known: ReadonlySet<number> }
  ): Promise<ScheduleEvent> {
    const from = `${new Date(since - SKEW_MS).toISOString().slice(0, 19)}Z`
    const query = new URLSearchParams({
      event: 'workflow_dispatch',
      created: `>=${from}`,
      per_page: '30'
    })
    const { workflow_runs: runs } = await this.#request(
      schedule,
      { method: 'GET', path: `/actions/workflows/${schedule.workflow}/runs?${query.toString()}` },
      runsSchema
    )
    const [newest] = runs.filter(({ id }) => !known.has(id)).sort((a, b) => b.createdAt - a.createdAt)
    return newest === undefined ? { kind: 'unseen' } : { kind: 'seen', run: newest }
  }

  async #look(schedule: Schedule, runId: number): Promise<ScheduleEvent> {
    try {
      const run = await this.#request(schedule, { method: 'GET', path: `/actions/runs/${runId}` }, runSchema)
      return { kind: 'seen', run }
    } catch (thrown) {
      if (thrown instanceof GithubRequestError && thrown.status === 404) return { kind: 'unseen' }
      throw thrown
    }
  }

  async #cancel(schedule: Schedule, runId: number): Promise<ScheduleEvent> {
    try {
      await this.#request(schedule, { method: 'POST', path: `/actions/runs/${runId}/cancel` }, v.unknown())
    } catch (thrown) {
      // It ended meanwhile.
      const isEnded = thrown instanceof GithubRequestError && (thrown.status === 409 || thrown.status === 404)
      if (!isEnded) throw thrown
    }
    return { kind: 'cancelled' }
  }

  async #check(schedule: Schedule): Promise<ScheduleEvent> {
    const { state } = await this.#request(
      schedule,
      { method: 'GET', path: `/actions/workflows/${schedule.workflow}` },
      workflowSchema
    )
    if (state === 'active') return { kind: 'ready' }
    const cause = state === 'deleted' ? 'workflow-missing' : 'workflow-disabled'
    const detail = `GitHub says that the state of the workflow is ${state}.`
    return { kind: 'failed', failure: { cause, detail, effect: 'none', retryAfterMs: null } }
  }

  async #request<S extends v.GenericSchema>(
    { repository }: Schedule,
    call: Omit<GithubCall, 'token'>,
    schema: S
  ): Promise<v.InferOutput<S>> {
    const token = await this.#tokens.tokenFor(repository)
    try {
      const path = `/repos/${repository}${call.path}`
      return await request(this.#connection, { ...call, path, token }, schema)
    } catch (thrown) {
      // The token may have ended with its installation: the next request asks for a new one.
      if (thrown instanceof GithubRequestError && [401, 403, 404].includes(thrown.status ?? 0))
        this.#tokens.forget(repository)
      throw thrown
    }
  }
}
