import type * as v from 'valibot'
import { parseAnswer } from '../http/parse-answer.ts'
import { parseInstant } from '../kernel/clock.ts'
import { RotationError, isNotFound } from '../kernel/error.ts'
import { parseRepository } from '../kernel/repository.ts'
import { isOutsideRun } from '../rotation/model/managed-name.ts'
import type { WorkflowRuns } from '../rotation/model/ports.ts'
import { runSchema } from './answers.ts'
import type { GitHubClient } from './client.ts'

/** What {@link createWorkflowRuns} needs. */
export interface WorkflowRunsOptions {
  /** `owner/name` */
  readonly repository: string
  readonly runId: string
}

/** Result of reading a run. */
type RunAnswer =
  | { readonly state: 'found'; readonly run: v.InferOutput<typeof runSchema> }
  | { readonly state: 'missing' | 'not-allowed' | 'no-answer' }

const REFUSALS: ReadonlySet<string> = new Set(['permission', 'refused'])

/**
 * The workflow runs of a repository. A token without `actions: read`, and a run of another repository, leave a run's state unknown.
 */
export function createWorkflowRuns(
  client: GitHubClient | undefined,
  { repository, runId }: WorkflowRunsOptions
): WorkflowRuns {
  const { owner, repo } = parseRepository(repository)
  const read = async (id: string): Promise<RunAnswer> => {
    if (client === undefined) return { state: 'not-allowed' }
    try {
      const { data } = await client.call((rest) =>
        rest.actions.getWorkflowRun({ owner, repo, run_id: Number(id) })
      )
      return { state: 'found', run: parseAnswer(runSchema, data, 'reading a workflow run') }
    } catch (thrown) {
      if (isNotFound(thrown)) return { state: 'missing' }
      if (!(thrown instanceof RotationError)) throw thrown
      return { state: REFUSALS.has(thrown.code) ? 'not-allowed' : 'no-answer' }
    }
  }
  return {
    queuedAt: async () => {
      const answer = await read(runId)
      return answer.state === 'found' ? parseInstant(answer.run.created_at) : undefined
    },
    find: async (id) => {
      if (isOutsideRun(id)) return undefined
      const answer = await read(id)
      if (answer.state === 'found') return answer.run.status === 'completed' ? 'ended' : 'running'
      if (answer.state === 'no-answer') return 'unanswered'
      // A token that may not read runs gets the same answer about every run.
      const own: RunAnswer = isOutsideRun(runId) ? { state: 'not-allowed' } : await read(runId)
      if (own.state === 'no-answer') return 'unanswered'
      if (own.state !== 'found') return undefined
      return answer.state === 'missing' ? 'unknown' : 'unanswered'
    }
  }
}
