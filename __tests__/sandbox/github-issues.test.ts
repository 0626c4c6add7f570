import { describe, expect, it } from '@jest/globals'
import { getOctokit } from '@actions/github'
import { createStage } from './stage.ts'

const repo = { owner: 'octo-org', repo: 'ops' }

function createIssues() {
  const stage = createStage()
  return { ...stage, ...stage.octokit(stage.account.githubToken.value) }
}

describe('GitHub issues', () => {
  it('opens, comments on, closes and reopens an issue with GITHUB_TOKEN', async () => {
    const { issues, clock } = createIssues()
    const { data: issue } = await issues.create({
      ...repo,
      title: 'Rotation failed',
      labels: ['credential-rotation']
    })
    const at = { ...repo, issue_number: issue.number }
    expect(issue).toMatchObject({
      number: 1,
      state: 'open',
      user: { login: 'github-actions[bot]', type: 'Bot' }
    })
    clock.advance(1000)
    await issues.createComment({ ...at, body: 'again' })
    expect((await issues.listComments(at)).data.map(({ body }) => body)).toEqual(['again'])
    const { data: closed } = await issues.update({
      ...at,
      state: 'closed',
      state_reason: 'not_planned',
      body: 'over'
    })
    expect(closed).toMatchObject({
      state: 'closed',
      state_reason: 'not_planned',
      body: 'over',
      comments: 1,
      closed_at: '2026-01-01T00:00:01Z'
    })
    const { data: open } = await issues.update({ ...at, state: 'open' })
    expect(open).toMatchObject({ state: 'open', state_reason: 'reopened', closed_at: null })
  })

  it('lists issues by state, label and author, newest first and with pull requests', async () => {
    const { issues, account } = createIssues()
    account.repository.addIssue({ title: 'pull', author: 'octocat', labels: ['bug'], isPullRequest: true })
    account.repository.addIssue({ title: 'plain', author: 'octocat' })
    await issues.create({ ...repo, title: 'both', labels: ['bug', 'alert'] })
    await issues.update({ ...repo, issue_number: 2, state: 'closed' })
    const list = async (query: object) => {
      const { data } = await issues.listForRepo({ ...repo, ...query })
      return data.map(({ title, pull_request }) => (pull_request === undefined ? title : `${title}!`))
    }
    expect(await list({})).toEqual(['both', 'pull!'])
    expect(await list({ state: 'all', direction: 'asc' })).toEqual(['pull!', 'plain', 'both'])
    expect(await list({ labels: 'Bug,alert' })).toEqual(['both'])
    expect(await list({ creator: 'octocat' })).toEqual(['pull!'])
  })

  it('returns issues in pages that octokit follows', async () => {
    const { account, sandbox } = createIssues()
    for (let index = 0; index < 25; index += 1)
      account.repository.addIssue({ title: `${index}`, author: 'octocat' })
    const octokit = getOctokit(account.githubToken.value, { request: { fetch: sandbox.fetch } })
    const all = await octokit.paginate(octokit.rest.issues.listForRepo, { ...repo, per_page: 10 })
    expect(all).toHaveLength(25)
    const { headers } = await octokit.rest.issues.listForRepo({ ...repo, per_page: 10, page: 2 })
    expect(headers.link?.match(/rel="\w+"/g)).toEqual([
      'rel="first"',
      'rel="prev"',
      'rel="next"',
      'rel="last"'
    ])
  })

  it('creates a label once and adds it to an issue', async () => {
    const { issues } = createIssues()
    await issues.createLabel({ ...repo, name: 'alert', color: 'ff0000' })
    await expect(issues.createLabel({ ...repo, name: 'ALERT' })).rejects.toMatchObject({
      status: 422,
      response: { data: { errors: [{ resource: 'Label', field: 'name', code: 'already_exists' }] } }
    })
    await expect(issues.getLabel({ ...repo, name: 'none' })).rejects.toMatchObject({ status: 404 })
    await issues.create({ ...repo, title: 'x' })
    const { data } = await issues.addLabels({ ...repo, issue_number: 1, labels: ['alert'] })
    expect(data).toMatchObject([{ name: 'alert', color: 'ff0000' }])
  })

  it('answers 410 when issues are disabled, 422 without a title and 403 without the permission', async () => {
    const { issues, account, octokit } = createIssues()
    await expect(octokit(account.githubSecretsToken.value).issues.listForRepo(repo)).rejects.toMatchObject({
      status: 403
    })
    await expect(issues.create({ ...repo, title: '' })).rejects.toMatchObject({ status: 422 })
    account.repository.hasIssues = false
    await expect(issues.listForRepo(repo)).rejects.toMatchObject({ status: 410 })
  })
})
