import { parseAnswer } from '../http/parse-answer.ts'
import { parseInstant } from '../rotation/clock.ts'
import { RotationError, isNotFound } from '../rotation/error.ts'
import type { WorkflowRuns } from '../rotation/ports.ts'
import { runSchema } from './answers.ts'
import type { GitHubClient } from './client.ts'

/** Which repository's runs, and which of them is this one. */
export interface WorkflowRunsOptions {
  /** `owner/name` */
  readonly repository: string
  readonly runId: string
}

/**
 * What GitHub knows of the runs of the repository. A token without `actions: read`, or a run of another repository, answers "can't be told".
 */
export function createWorkflowRuns(
  client: GitHubClient | undefined,
  { repository, runId }: WorkflowRunsOptions
): WorkflowRuns {
  const [owner = '', repo = ''] = repository.split('/')
  const read = async (id: string) => {
    if (client === undefined) return undefined
    try {
      const { data } = await client.call((rest) =>
        rest.actions.getWorkflowRun({ owner, repo, run_id: Number(id) })
      )
      return parseAnswer(runSchema, data, 'reading a workflow run')
    } catch (thrown) {
      if (isNotFound(thrown)) return 'not found'
      if (thrown instanceof RotationError) return undefined
      throw thrown
    }
  }
  return {
    queuedAt: async () => {
      const run = await read(runId)
      return run === 'not found' ? undefined : parseInstant(run?.created_at)
    },
    find: async (id) => {
      const run = await read(id)
      if (run === undefined) return undefined
      if (run !== 'not found') return run.status === 'completed' ? 'ended' : 'running'
      // A token that may not see runs gets the same answer for every one of them.
      const own = await read(runId)
      return own === undefined || own === 'not found' ? undefined : 'unknown'
    }
  }
}
