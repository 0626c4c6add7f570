import { describe, expect, it } from '@jest/globals'
import { createStage } from './stage.ts'

const repo = { owner: 'octo-org', repo: 'ops' }

describe('GitHub workflow runs', () => {
  it('returns when a workflow run was queued and how it ended', async () => {
    const { octokit, account, clock } = createStage()
    const { actions } = octokit(account.githubToken.value)
    clock.advance(5000)
    const { data } = await actions.getWorkflowRun({ ...repo, run_id: account.run.id })
    expect(data).toMatchObject({
      id: account.run.id,
      status: 'in_progress',
      conclusion: null,
      created_at: '2026-01-01T00:00:00Z',
      run_attempt: 1,
      path: '.github/workflows/rotate.yml'
    })
    account.run.status = 'completed'
    account.run.conclusion = 'success'
    const { data: ended } = await actions.getWorkflowRun({ ...repo, run_id: account.run.id })
    expect(ended).toMatchObject({ status: 'completed', conclusion: 'success' })
    await expect(actions.getWorkflowRun({ ...repo, run_id: 1 })).rejects.toMatchObject({ status: 404 })
  })

  it.each([
    ['>=2026-01-01T00:00:10Z', [20, 10]],
    ['>2026-01-01T00:00:10Z', [20]],
    ['<=2026-01-01T00:00:10Z', [10, 0]],
    ['<2026-01-01T00:00:10Z', [0]],
    ['2026-01-01T00:00:05Z..2026-01-01T00:00:15Z', [10]],
    ['2026-01-01T00:00:05Z..*', [20, 10]],
    ['2026-01-01', [20, 10, 0]],
    ['>2026-01-01', []]
  ])('lists workflow runs that were created %s', async (created, expected) => {
    const { octokit, account, clock } = createStage()
    const start = clock.now()
    for (const seconds of [10, 20])
      account.repository.addRun({ createdAt: start + seconds * 1000, name: `${seconds}` })
    const { data } = await octokit(account.githubToken.value).actions.listWorkflowRunsForRepo({
      ...repo,
      created
    })
    const seconds = data.workflow_runs.map(({ created_at }) => (Date.parse(created_at) - start) / 1000)
    expect(seconds.sort((a, b) => b - a)).toEqual(expected)
  })

  it('lists workflow runs by status or conclusion, in pages', async () => {
    const { octokit, account } = createStage()
    for (let index = 0; index < 5; index += 1)
      account.repository.addRun({ status: 'completed', conclusion: 'failure' })
    const { actions } = octokit(account.githubToken.value)
    const count = async (status: 'queued' | 'in_progress' | 'completed' | 'failure') =>
      (await actions.listWorkflowRunsForRepo({ ...repo, status, per_page: 2 })).data
    expect((await count('queued')).total_count).toBe(0)
    expect((await count('in_progress')).total_count).toBe(1)
    expect((await count('completed')).workflow_runs).toHaveLength(2)
    expect((await count('failure')).total_count).toBe(5)
  })

  it('lists unfinished workflow runs by each status, with the time when they were queued', async () => {
    const { octokit, account, clock } = createStage()
    const { actions } = octokit(account.githubToken.value)
    const statuses = ['queued', 'in_progress', 'waiting', 'pending', 'requested'] as const
    account.repository.runs.length = 0
    for (const status of statuses) {
      clock.advance(1000)
      account.repository.addRun({ status, event: 'push' })
    }
    account.repository.addRun({ status: 'completed', conclusion: 'success' })
    const times = []
    for (const status of statuses) {
      const { data } = await actions.listWorkflowRunsForRepo({ ...repo, status })
      expect(data.workflow_runs.map((run) => run.status)).toEqual([status])
      times.push(data.workflow_runs[0]?.created_at.slice(17, 19))
    }
    expect(times).toEqual(['01', '02', '03', '04', '05'])
  })

  it('refuses to list workflow runs without the permission', async () => {
    const { octokit, sandbox } = createStage()
    const { value } = sandbox.github.addToken({
      kind: 'pat',
      name: 'octocat',
      permissions: { issues: 'write' }
    })
    const list = octokit(value).actions.listWorkflowRunsForRepo(repo)
    await expect(list).rejects.toMatchObject({
      status: 403,
      response: { headers: { 'x-accepted-github-permissions': 'actions=read' } }
    })
  })
})

describe('GitHub variables, repository and rate limit', () => {
  it('creates a repository variable once and updates it', async () => {
    const { octokit, sandbox } = createStage()
    const permissions = { actions_variables: 'write' } as const
    const { value } = sandbox.github.addToken({ kind: 'pat', name: 'octocat', permissions })
    const { actions } = octokit(value)
    await actions.createRepoVariable({ ...repo, name: 'state', value: '1' })
    await expect(actions.createRepoVariable({ ...repo, name: 'STATE', value: '2' })).rejects.toMatchObject({
      status: 409
    })
    await actions.updateRepoVariable({ ...repo, name: 'STATE', value: '3' })
    expect((await actions.getRepoVariable({ ...repo, name: 'STATE' })).data).toMatchObject({
      name: 'STATE',
      value: '3'
    })
  })

  it('counts GitHub calls, and refuses those beyond the hourly limit', async () => {
    const { octokit, account, sandbox, clock } = createStage()
    sandbox.github.rateLimitPerHour = 2
    const { repos, rateLimit } = octokit(account.githubToken.value)
    const { headers } = await repos.get(repo)
    expect([headers['x-ratelimit-remaining'], headers['x-ratelimit-reset']]).toEqual(['1', '1767229200'])
    expect((await rateLimit.get()).data.rate).toMatchObject({ limit: 2, remaining: 0 })
    await expect(repos.get(repo)).rejects.toMatchObject({
      status: 403,
      response: { headers: { 'x-ratelimit-remaining': '0' } }
    })
    clock.advance(3_600_000)
    expect((await repos.get(repo)).data.full_name).toBe('octo-org/ops')
  })
})
