import { describe, expect, it } from '@jest/globals'
import { getOctokit } from '@actions/github'
import sodium from 'libsodium-wrappers'
import { createVirtualClock } from '../../sandbox/clock.ts'
import { createGithubContract } from '../../sandbox/github-contract.ts'
import { seededRandom } from '../../sandbox/random.ts'
import { createSandbox } from '../../sandbox/sandbox.ts'
import { seedBootstrapAccount } from '../../sandbox/seed.ts'
import { createAppKey, signAppToken } from './app-key.ts'

const repo = { owner: 'octo-org', repo: 'ops' }
const org = 'octo-org'
const environment_name = 'rotation'

async function createStage() {
  const sandbox = createSandbox({ clock: createVirtualClock(), random: seededRandom(7) })
  const account = seedBootstrapAccount(sandbox)
  account.repository.addIssue({ title: 'A pull request', author: 'octocat', isPullRequest: true })
  const contract = await createGithubContract()
  const handle = contract.wrap((request) => sandbox.handle(request))
  const fetch = (input: string, init?: RequestInit) => handle(new Request(input, init))
  const connect = (token: string) => getOctokit(token, { request: { fetch } }).rest
  const written = [
    ...['secrets', 'environments', 'organization_secrets', 'dependabot_secrets', 'codespaces_secrets'],
    ...['organization_dependabot_secrets', 'organization_codespaces_secrets', 'issues', 'actions_variables'],
    'administration'
  ]
  const all = {
    actions: 'write',
    ...Object.fromEntries(written.map((name) => [name, 'write'] as const))
  } as const
  const { value } = sandbox.github.addToken({ kind: 'pat', name: 'octocat', permissions: all })
  return { sandbox, account, contract, connect, api: connect(value) }
}

async function seal(value: string, { key, key_id }: { key: string; key_id: string }) {
  await sodium.ready
  const sealed = sodium.crypto_box_seal(value, sodium.from_base64(key, sodium.base64_variants.ORIGINAL))
  return { encrypted_value: sodium.to_base64(sealed, sodium.base64_variants.ORIGINAL), key_id }
}

describe('GitHub OpenAPI contract', () => {
  it('covers every GitHub route of the sandbox with the requests and answers of octokit', async () => {
    const { contract, api, account, sandbox, connect } = await createStage()

    const name = { secret_name: 'A_SECRET' }
    const inEnvironment = { ...repo, environment_name, ...name }
    for (const round of [1, 2]) {
      const value = `value ${round}`
      await api.actions.createOrUpdateRepoSecret({
        ...repo,
        ...name,
        ...(await seal(value, (await api.actions.getRepoPublicKey(repo)).data))
      })
      await api.actions.createOrUpdateEnvironmentSecret({
        ...inEnvironment,
        ...(await seal(
          value,
          (await api.actions.getEnvironmentPublicKey({ ...repo, environment_name })).data
        ))
      })
      await api.actions.createOrUpdateOrgSecret({
        org,
        ...name,
        visibility: 'selected',
        selected_repository_ids: [account.repository.id],
        ...(await seal(value, (await api.actions.getOrgPublicKey({ org })).data))
      })
      await api.dependabot.createOrUpdateRepoSecret({
        ...repo,
        ...name,
        ...(await seal(value, (await api.dependabot.getRepoPublicKey(repo)).data))
      })
      await api.dependabot.createOrUpdateOrgSecret({
        org,
        ...name,
        visibility: 'selected',
        selected_repository_ids: [account.repository.id],
        ...(await seal(value, (await api.dependabot.getOrgPublicKey({ org })).data))
      })
      await api.codespaces.createOrUpdateRepoSecret({
        ...repo,
        ...name,
        ...(await seal(value, (await api.codespaces.getRepoPublicKey(repo)).data))
      })
      await api.codespaces.createOrUpdateOrgSecret({
        org,
        ...name,
        visibility: 'selected',
        selected_repository_ids: [account.repository.id],
        ...(await seal(value, (await api.codespaces.getOrgPublicKey({ org })).data))
      })
    }
    await api.actions.listRepoSecrets(repo)
    await api.actions.getRepoSecret({ ...repo, ...name })
    await api.actions.listEnvironmentSecrets({ ...repo, environment_name })
    await api.actions.getEnvironmentSecret(inEnvironment)
    await api.actions.listOrgSecrets({ org })
    await api.actions.getOrgSecret({ org, ...name })
    await api.actions.listSelectedReposForOrgSecret({ org, ...name })
    await api.dependabot.listRepoSecrets(repo)
    await api.dependabot.getRepoSecret({ ...repo, ...name })
    await api.dependabot.listOrgSecrets({ org })
    await api.dependabot.getOrgSecret({ org, ...name })
    await api.dependabot.listSelectedReposForOrgSecret({ org, ...name })
    await api.codespaces.listRepoSecrets(repo)
    await api.codespaces.getRepoSecret({ ...repo, ...name })
    await api.codespaces.listOrgSecrets({ org })
    await api.codespaces.getOrgSecret({ org, ...name })
    await api.codespaces.listSelectedReposForOrgSecret({ org, ...name })
    await api.actions.deleteRepoSecret({ ...repo, ...name })
    await api.actions.deleteEnvironmentSecret(inEnvironment)
    await api.actions.deleteOrgSecret({ org, ...name })
    await api.dependabot.deleteRepoSecret({ ...repo, ...name })
    await api.dependabot.deleteOrgSecret({ org, ...name })
    await api.codespaces.deleteRepoSecret({ ...repo, ...name })
    await api.codespaces.deleteOrgSecret({ org, ...name })

    await api.issues.createLabel({ ...repo, name: 'credential-rotation', color: 'ededed' })
    await api.issues.listLabelsForRepo(repo)
    await api.issues.getLabel({ ...repo, name: 'credential-rotation' })
    const { data: issue } = await api.issues.create({
      ...repo,
      title: 'A title',
      body: 'text',
      labels: ['bug']
    })
    const { number: issue_number } = issue
    await api.issues.addLabels({ ...repo, issue_number, labels: ['credential-rotation'] })
    await api.issues.createComment({ ...repo, issue_number, body: 'more' })
    await api.issues.listComments({ ...repo, issue_number })
    await api.issues.update({ ...repo, issue_number, state: 'closed', state_reason: 'completed' })
    await api.issues.get({ ...repo, issue_number })
    await api.issues.listForRepo({ ...repo, state: 'all', per_page: 100 })

    await api.actions.listWorkflowRunsForRepo({ ...repo, status: 'in_progress', created: '>=2026-01-01' })
    await api.actions.getWorkflowRun({ ...repo, run_id: account.run.id })
    await api.actions.getWorkflow({ ...repo, workflow_id: 'rotate.yml' })
    await api.actions.enableWorkflow({ ...repo, workflow_id: 'rotate.yml' })
    await api.actions.createWorkflowDispatch({ ...repo, workflow_id: 'rotate.yml', ref: 'main' })
    const { data: dispatched } = await api.actions.createWorkflowDispatch({
      ...repo,
      workflow_id: 'rotate.yml',
      ref: 'main',
      return_run_details: true
    })
    // The types of octokit know only the empty answer.
    const { workflow_run_id: run_id } = dispatched as unknown as { workflow_run_id: number }
    await api.actions.cancelWorkflowRun({ ...repo, run_id })
    await api.actions.listWorkflowRuns({ ...repo, workflow_id: 'rotate.yml', event: 'workflow_dispatch' })
    const key = createAppKey()
    const identity = sandbox.github.addApp({
      slug: 'octo-clock',
      permissions: { actions: 'write', metadata: 'read' },
      repositories: ['octo-org/ops'],
      publicKeys: [key.publicKey]
    })
    const now = Math.floor(sandbox.clock.now() / 1000)
    const app = connect(signAppToken({ iss: String(identity.id), iat: now - 60, exp: now + 540 }, key))
    const { data: installation } = await app.apps.getRepoInstallation(repo)
    await app.apps.createInstallationAccessToken({
      installation_id: installation.id,
      repositories: ['ops'],
      permissions: { actions: 'write' }
    })
    await api.repos.getAllEnvironments(repo)
    await api.actions.createRepoVariable({ ...repo, name: 'STATE', value: '1' })
    await api.actions.updateRepoVariable({ ...repo, name: 'STATE', value: '2' })
    await api.actions.getRepoVariable({ ...repo, name: 'STATE' })
    await api.actions.listRepoVariables(repo)
    const environment = { ...repo, environment_name: 'new' }
    await api.repos.createOrUpdateEnvironment({
      ...environment,
      deployment_branch_policy: { protected_branches: false, custom_branch_policies: true }
    })
    await api.repos.createDeploymentBranchPolicy({ ...environment, name: 'main' })
    await api.repos.listDeploymentBranchPolicies(environment)
    await api.repos.getEnvironment(environment)
    await api.actions.createEnvironmentVariable({ ...environment, name: 'STATE', value: '1' })
    await api.actions.updateEnvironmentVariable({ ...environment, name: 'STATE', value: '2' })
    await api.actions.getEnvironmentVariable({ ...environment, name: 'STATE' })
    await api.actions.listEnvironmentVariables(environment)
    await api.repos.get(repo)
    await api.rateLimit.get()

    expect(contract.violations).toEqual([])
    expect(Object.keys(contract.checked).sort()).toEqual([...contract.operations].sort())
  })

  it('covers the refusals of the sandbox', async () => {
    const { contract, api, account, sandbox } = await createStage()
    account.repository.hasIssues = false
    await expect(api.issues.create({ ...repo, title: 'A title' })).rejects.toMatchObject({ status: 410 })
    await expect(api.issues.createLabel({ ...repo, name: 'bug' })).rejects.toMatchObject({ status: 422 })
    await expect(api.repos.get({ owner: 'octo-org', repo: 'unknown' })).rejects.toMatchObject({ status: 404 })
    sandbox.faults.add({ match: {}, when: 'before', answer: 'success-false' })
    await api.repos.get(repo)
    expect(() => contract.assert()).not.toThrow()
  })

  it('reports a request and an answer that violate the description', async () => {
    const contract = await createGithubContract()
    const handle = contract.wrap(() => Promise.resolve(Response.json({ number: 1 }, { status: 201 })))
    await handle(
      new Request('https://api.github.com/repos/octo-org/ops/issues', {
        method: 'POST',
        body: '{"titel":"A"}'
      })
    )
    expect(contract.violations).toEqual(
      expect.arrayContaining([
        expect.stringContaining("required property 'title'"),
        expect.stringContaining('answer 201')
      ])
    )
    expect(() => contract.assert()).toThrow("GitHub's description is violated")
  })
})
