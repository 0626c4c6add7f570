import * as v from 'valibot'
import { parseAnswer } from '../http/parse-answer.ts'
import { RotationError } from '../kernel/error.ts'
import { parseRepository } from '../kernel/repository.ts'
import { isOutsideRun } from '../rotation/model/managed-name.ts'
import type { GitHubClient } from './client.ts'
import { PAGE_SIZE } from './limits.ts'

/** How the previous run of the same workflow and branch ended; `unknown` with the reason when it cannot be read. */
export type PreviousRun =
  | {
      readonly state: 'failed'
      /** Whether it may have reached the alert, which a run that was ended by a time-out or did not start has not. */
      readonly couldTell: boolean
      /** What started it; undefined when that is what started this run. */
      readonly event?: string | undefined
      /** ISO instant */
      readonly endedAt?: string | undefined
    }
  | {
      readonly state: 'well'
      /** Whether one of the {@link RECENT} runs before it failed. */
      readonly failedBefore: boolean
    }
  | { readonly state: 'unknown'; readonly reason: string }

/** Which run this is. */
export interface ThisRun {
  /** `owner/name` */
  readonly repository: string
  readonly runId: string
  readonly attempt: number
}

/** Pages of the branch's runs, of all workflows, that are searched at most. */
const MAX_PAGES = 3

const runSchema = v.looseObject({
  id: v.number(),
  workflow_id: v.number(),
  created_at: v.string(),
  updated_at: v.optional(v.string()),
  event: v.optional(v.string()),
  head_branch: v.optional(v.nullable(v.string())),
  conclusion: v.optional(v.nullable(v.string()))
})
type Run = v.InferOutput<typeof runSchema>
const pageSchema = v.looseObject({ workflow_runs: v.array(runSchema) })

/** Runs that are looked at, the previous one included. */
const RECENT = 10

/** Conclusions that tell success from failure; others, such as `cancelled`, are skipped. */
const CONCLUSIONS: readonly string[] = ['success', 'failure', 'timed_out', 'startup_failure']

/**
 * Reads how the previous run of this workflow on this branch ended. A second attempt means that the first one failed, since earlier attempts are
 * not separate runs. Never throws a RotationError.
 */
export async function readPreviousRun(
  client: GitHubClient | undefined,
  { repository, runId, attempt }: ThisRun
): Promise<PreviousRun> {
  if (isOutsideRun(runId)) return { state: 'unknown', reason: 'no workflow started this run' }
  if (attempt > 1) return { state: 'failed', couldTell: false }
  if (client === undefined) return { state: 'unknown', reason: 'github-token is empty' }
  try {
    return await search(client, { repository, runId })
  } catch (thrown) {
    if (!(thrown instanceof RotationError)) throw thrown
    const reason =
      thrown.code === 'permission' ? 'the job lacks `permissions: actions: read`' : thrown.message
    return { state: 'unknown', reason }
  }
}

async function search(
  client: GitHubClient,
  { repository, runId }: Pick<ThisRun, 'repository' | 'runId'>
): Promise<PreviousRun> {
  const { owner, repo } = parseRepository(repository)
  const answer = await client.call((rest) =>
    rest.actions.getWorkflowRun({ owner, repo, run_id: Number(runId) })
  )
  const own = parseAnswer(runSchema, answer.data, 'reading this workflow run')
  const recent: Run[] = []
  for (let page = 1; page <= MAX_PAGES; page++) {
    const { data } = await client.call((rest) =>
      rest.actions.listWorkflowRunsForRepo({
        owner,
        repo,
        ...(own.head_branch == null ? {} : { branch: own.head_branch }),
        status: 'completed',
        created: `<=${own.created_at}`,
        exclude_pull_requests: true,
        per_page: PAGE_SIZE,
        page
      })
    )
    const runs = parseAnswer(pageSchema, data, 'listing workflow runs').workflow_runs
    recent.push(
      ...runs.filter(
        ({ id, workflow_id, conclusion }) =>
          id !== own.id && workflow_id === own.workflow_id && CONCLUSIONS.includes(conclusion ?? '')
      )
    )
    if (recent.length > 0) return describe(recent)
    if (runs.length < PAGE_SIZE) return { state: 'well', failedBefore: false }
  }
  return {
    state: 'unknown',
    reason: `none of the last ${MAX_PAGES * PAGE_SIZE} runs of the branch is of this workflow`
  }
}

function describe(runs: readonly Run[]): PreviousRun {
  // GitHub lists the newest first, but does not promise it.
  const recent = runs.toSorted((a, b) => b.created_at.localeCompare(a.created_at)).slice(0, RECENT)
  const [last] = recent
  if (last === undefined || last.conclusion === 'success')
    return { state: 'well', failedBefore: recent.some(({ conclusion }) => conclusion !== 'success') }
  const { conclusion, event, updated_at: endedAt } = last
  return { state: 'failed', couldTell: conclusion === 'failure', ...{ event, endedAt } }
}
