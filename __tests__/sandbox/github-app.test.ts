import { describe, expect, it } from '@jest/globals'
import { createAppKey, signAppToken } from './app-key.ts'
import { createStage } from './stage.ts'

const repo = { owner: 'octo-org', repo: 'ops' }
const key = createAppKey()

function createAppStage() {
  const stage = createStage()
  const app = stage.sandbox.github.addApp({
    slug: 'octo-clock',
    permissions: { actions: 'write', metadata: 'read' },
    repositories: ['octo-org/ops'],
    publicKeys: [key.publicKey]
  })
  const now = Math.floor(stage.clock.now() / 1000)
  const claims = { iss: String(app.id), iat: now - 60, exp: now + 540 }
  const as = (changes: object = {}, signer = key) =>
    stage.octokit(signAppToken({ ...claims, ...changes }, signer)).apps
  return { ...stage, app, now, as }
}

describe('GitHub Apps', () => {
  it('creates a token of the installation with the permissions and repositories that were requested', async () => {
    const { as, octokit, clock } = createAppStage()
    const { data: installation } = await as().getRepoInstallation(repo)
    const { data } = await as().createInstallationAccessToken({
      installation_id: installation.id,
      repositories: ['ops'],
      permissions: { actions: 'write' }
    })
    expect(data).toMatchObject({ expires_at: '2026-01-01T01:00:00Z', permissions: { actions: 'write' } })
    await octokit(data.token).actions.createWorkflowDispatch({
      ...repo,
      workflow_id: 'rotate.yml',
      ref: 'main'
    })
    clock.advance(3_600_000)
    await expect(octokit(data.token).actions.listWorkflowRunsForRepo(repo)).rejects.toMatchObject({
      status: 401
    })
  })

  it.each([
    ['too long', { exp: 601 }, 401],
    ['in the past', { exp: -1 }, 401],
    ['issued in the future', { iat: 5 }, 401]
  ])('refuses a JWT that is %s', async (_what, shift: { exp?: number; iat?: number }, status) => {
    const { as, now } = createAppStage()
    const changes = Object.fromEntries(Object.entries(shift).map(([name, by]) => [name, now + by]))
    await expect(as(changes).getRepoInstallation(repo)).rejects.toMatchObject({ status })
  })

  it('refuses another key, an unknown App, an App that was uninstalled, and permissions it does not have', async () => {
    const { as, app } = createAppStage()
    await expect(as({}, createAppKey()).getRepoInstallation(repo)).rejects.toMatchObject({ status: 401 })
    await expect(as({ iss: '1' }).getRepoInstallation(repo)).rejects.toMatchObject({ status: 404 })
    const request = { installation_id: app.installationId, permissions: { contents: 'read' } } as const
    await expect(as().createInstallationAccessToken(request)).rejects.toMatchObject({ status: 422 })
    app.repositories = []
    await expect(as().getRepoInstallation(repo)).rejects.toMatchObject({ status: 404 })
  })
})

describe('GitHub workflow dispatches', () => {
  function createDispatchStage() {
    const stage = createStage()
    const { value } = stage.sandbox.github.addToken({
      kind: 'pat',
      name: 'octocat',
      permissions: { actions: 'write' }
    })
    const { actions } = stage.octokit(value)
    const dispatch = async (changes: object = {}) => {
      const { status, data } = await actions.createWorkflowDispatch({
        ...repo,
        workflow_id: 'rotate.yml',
        ref: 'main',
        return_run_details: true,
        ...changes
      })
      // The types of octokit know only the empty answer.
      return { status, data: data as unknown as { workflow_run_id: number; html_url: string } }
    }
    return { ...stage, actions, dispatch }
  }

  it('creates a queued run and returns its id', async () => {
    const { dispatch, actions } = createDispatchStage()
    const { data } = await dispatch({ inputs: { command: 'check' } })
    const { data: run } = await actions.getWorkflowRun({ ...repo, run_id: data.workflow_run_id })
    expect(run).toMatchObject({ event: 'workflow_dispatch', status: 'queued', html_url: data.html_url })
    expect(await dispatch({ return_run_details: false })).toMatchObject({ status: 204 })
  })

  it('swallows a dispatch: the answer has an id that no run has', async () => {
    const { dispatch, actions, account } = createDispatchStage()
    account.repository.swallowedDispatches = 1
    const { data } = await dispatch()
    await expect(actions.getWorkflowRun({ ...repo, run_id: data.workflow_run_id })).rejects.toMatchObject({
      status: 404
    })
    await dispatch()
    expect(account.repository.runs.at(-1)?.event).toBe('workflow_dispatch')
  })

  it.each([
    ['an unknown ref', { ref: 'other' }, 422],
    ['an unexpected input', { inputs: { other: '1' } }, 422],
    ['an unknown workflow', { workflow_id: 'other.yml' }, 404]
  ])('refuses a dispatch with %s', async (_what, changes, status) => {
    const { dispatch, account } = createDispatchStage()
    const before = account.repository.runs.length
    await expect(dispatch(changes)).rejects.toMatchObject({ status })
    expect(account.repository.runs).toHaveLength(before)
  })

  it('refuses to start a disabled workflow, and one without the trigger', async () => {
    const { dispatch, account } = createDispatchStage()
    const [workflow] = account.repository.workflows
    workflow!.state = 'disabled_manually'
    await expect(dispatch()).rejects.toMatchObject({ status: 422 })
    workflow!.state = 'active'
    workflow!.dispatchInputs = undefined
    await expect(dispatch()).rejects.toMatchObject({ status: 422 })
  })

  it('cancels a run once, and lists the runs of one workflow', async () => {
    const { dispatch, actions } = createDispatchStage()
    const { data } = await dispatch()
    const cancel = { ...repo, run_id: data.workflow_run_id }
    await actions.cancelWorkflowRun(cancel)
    await expect(actions.cancelWorkflowRun(cancel)).rejects.toMatchObject({ status: 409 })
    const list = await actions.listWorkflowRuns({
      ...repo,
      workflow_id: 'rotate.yml',
      event: 'workflow_dispatch',
      status: 'cancelled'
    })
    expect(list.data.workflow_runs.map(({ id }) => id)).toEqual([data.workflow_run_id])
  })
})
