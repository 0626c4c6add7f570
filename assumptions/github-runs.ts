import type { Account } from './account.ts'
import { answered, describe, fieldOf, isSuccess, listOf, textOf } from './answer.ts'
import { all, NotTried, when, type Assumption } from './assumption.ts'

const RUNS = '/actions/runs'
const UNENDED = ['queued', 'in_progress', 'waiting', 'pending', 'requested']

async function listRuns(account: Account, query = ''): Promise<readonly unknown[]> {
  const answer = await account.github('GET', `${RUNS}?per_page=100${query}`)
  if (!isSuccess(answer))
    throw new NotTried(`listing the workflow runs was answered with ${describe(answer)}`)
  return listOf(fieldOf(answer.body, 'workflow_runs'))
}

async function anyRun(account: Account): Promise<unknown> {
  const [run] = await listRuns(account)
  if (run === undefined) throw new NotTried('the repository has no workflow run')
  return run
}

/** What GitHub tells of workflow runs: whether a run's values are old, and whether one is still at work, rest on it. */
export const githubRuns: readonly Assumption[] = [
  {
    id: 'runs/read',
    source: '[DOC]',
    says: 'A run has an id, created_at, a status, a workflow and a branch.',
    async run(account) {
      const id = fieldOf(await anyRun(account), 'id')
      const { body } = await account.github('GET', `${RUNS}/${String(id)}`)
      return all(
        when(fieldOf(body, 'id') === id, 'has another id'),
        when(!Number.isNaN(Date.parse(textOf(body, 'created_at'))), 'has no created_at'),
        when(textOf(body, 'status') !== '', 'has no status'),
        when(typeof fieldOf(body, 'workflow_id') === 'number', 'has no workflow_id'),
        when(fieldOf(body, 'head_branch') !== undefined, 'has no head_branch')
      )
    }
  },
  {
    id: 'runs/missing',
    source: '[DOC]',
    says: 'A run that does not exist is answered with 404.',
    run: async (account) => answered(await account.github('GET', `${RUNS}/1`), 404)
  },
  {
    id: 'runs/created-filter',
    source: '[DOC]',
    says: 'created=<=t shows no run that was made later.',
    async run(account) {
      const at = textOf(await anyRun(account), 'created_at')
      const runs = await listRuns(account, `&created=${encodeURIComponent(`<=${at}`)}`)
      const later = runs.filter((run) => Date.parse(textOf(run, 'created_at')) > Date.parse(at))
      return all(
        when(runs.length > 0, 'shows none'),
        when(later.length === 0, `shows ${later.length} later ones`)
      )
    }
  },
  {
    id: 'runs/status-filter',
    source: '[DOC]',
    says: 'Each status of a run that has not ended can be asked for, and shows no other.',
    async run(account) {
      for (const status of UNENDED) {
        const runs = await listRuns(account, `&status=${status}`)
        const other = runs.find((run) => textOf(run, 'status') !== status)
        if (other !== undefined) return `asked for ${status}, it shows ${textOf(other, 'status')}`
      }
      return all()
    }
  },
  {
    id: 'runs/completed-filter',
    source: '[DOC]',
    says: 'status=completed shows runs that have a conclusion.',
    async run(account) {
      const runs = await listRuns(account, '&status=completed')
      const open = runs.filter((run) => fieldOf(run, 'conclusion') == null)
      return when(open.length === 0, `shows ${open.length} without one`)
    }
  },
  {
    id: 'runs/repository-missing',
    source: '[DOC]',
    says: 'A repository that the token cannot see is answered with 404.',
    async run(account) {
      const missing = `/../${account.newName()}${RUNS}`
      return answered(await account.github('GET', missing), 404)
    }
  }
]
