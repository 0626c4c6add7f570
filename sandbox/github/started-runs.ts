import type { Repository } from './repository.ts'
import type { Workflow } from './repository-parts.ts'

/** Adds a workflow that can be started. */
export function addWorkflow(repository: Repository, file: string, change: Partial<Workflow> = {}): Workflow {
  const added: Workflow = {
    id: 161_336 + repository.workflows.length,
    path: `.github/workflows/${file}`,
    state: 'active',
    dispatchInputs: [],
    createdAt: repository.createdAt,
    updatedAt: repository.createdAt,
    ...change
  }
  repository.workflows.push(added)
  return added
}

/** Ends the runs of a repository whose time has come. @param now epoch milliseconds */
export function endRuns({ runs }: Repository, now: number): void {
  for (const run of runs) {
    const { ending, createdAt, status } = run
    if (ending === undefined || status === 'completed' || now < createdAt + ending.afterMs) continue
    run.status = 'completed'
    run.conclusion = ending.conclusion
    run.updatedAt = createdAt + ending.afterMs
  }
}
