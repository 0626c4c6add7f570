import { describe, expect, it } from '@jest/globals'
import { createVirtualClock } from '../../sandbox/clock.ts'
import { seededRandom } from '../../sandbox/random.ts'
import { createSandbox } from '../../sandbox/sandbox.ts'
import { seedBootstrapAccount } from '../../sandbox/seed.ts'
import { IssueAlert } from '../../src/alerts/issue.ts'
import { alertWithoutToken, noAlert } from '../../src/alerts/no-alert.ts'
import { GitHubClient } from '../../src/github/client.ts'
import { issueUrl } from '../../src/github/issue-url.ts'
import { githubErrorMapper } from '../../src/github/error-mapper.ts'
import { createApiFetch } from '../../src/http/api-fetch.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { createStandingClock } from '../http/standing-clock.ts'
import { failingRun, rotation } from './records.ts'

function createStage() {
  const random = seededRandom(1)
  const sandbox = createSandbox({ clock: createVirtualClock(), random })
  const account = seedBootstrapAccount(sandbox)
  const alertIn = (repository = 'octo-org/ops'): IssueAlert =>
    new IssueAlert({
      client: new GitHubClient(new Secret(account.githubToken.value), {
        apiUrl: 'https://api.github.com',
        fetch: createApiFetch({
          errorMapper: githubErrorMapper,
          fetch: sandbox.fetch,
          clock: createStandingClock(),
          random
        })
      }),
      repository,
      labels: ['credential-rotation'],
      workflow: 'octo-org/ops/.github/workflows/rotate.yml',
      runbookUrl: 'https://github.com/org/rotate-action/blob/v1/docs/runbook.md',
      serverUrl: 'https://github.com'
    })
  return { sandbox, account, alertIn }
}

describe('verification of the alert by issue', () => {
  it('writes nothing', async () => {
    const { sandbox, account, alertIn } = createStage()
    await expect(alertIn().verify()).resolves.toBeUndefined()
    expect(sandbox.transcript.calls.filter(({ method }) => method !== 'GET')).toEqual([])
    expect(account.repository.issues).toEqual([])
  })

  it('fails with a hint when issues are disabled', async () => {
    const { account, alertIn } = createStage()
    account.repository.hasIssues = false
    await expect(alertIn().verify()).rejects.toMatchObject({
      code: 'alert',
      message: 'The alert could not be raised: Issues are disabled in octo-org/ops.',
      hint: expect.stringContaining('Enable them') as unknown
    })
  })

  it.each([
    ['that says so although its list of issues can be read', { has_issues: false }, 'disabled'],
    ['that is archived', { archived: true }, 'archived']
  ])('fails with a hint in a repository %s', async (_what, body, reason) => {
    const { sandbox, alertIn } = createStage()
    const answer = { status: 200, body }
    sandbox.faults.add({ match: { operation: 'GET /repos/:owner/:repo' }, when: 'before', answer })
    await expect(alertIn().verify()).rejects.toMatchObject({
      code: 'alert',
      message: expect.stringContaining(reason) as unknown,
      hint: expect.stringContaining('alert.repository') as unknown
    })
  })

  it('fails in a repository that does not exist or that the token may not see', async () => {
    const { sandbox, alertIn } = createStage()
    sandbox.github.addRepository('octo-org/hidden')
    for (const repository of ['octo-org/nowhere', 'octo-org/hidden']) {
      await expect(alertIn(repository).verify()).rejects.toMatchObject({
        code: 'alert',
        message: `The alert could not be raised: there is no repository ${repository} that github-token may see.`
      })
    }
  })

  it('names the missing permission when the token may not read issues', async () => {
    const { account, alertIn } = createStage()
    account.githubToken.permissions = { actions: 'read' }
    await expect(alertIn().verify()).rejects.toMatchObject({
      code: 'alert',
      hint: expect.stringContaining('`permissions: issues: write`') as unknown
    })
  })
})

describe('link to an issue', () => {
  const answered = (html_url: unknown) =>
    issueUrl({ answered: html_url, serverUrl: 'https://github.com', repository: 'octo-org/ops', number: 7 })
  const formed = 'https://github.com/octo-org/ops/issues/7'

  it('is the link that GitHub answers', () => {
    expect(answered(formed)).toBe(formed)
    expect(answered('https://github.com/octo-org/renamed/issues/7')).toContain('renamed')
  })

  it.each([
    'https://evil.example/octo-org/ops/issues/7',
    'http://github.com/octo-org/ops/issues/7',
    'https://github.com.evil.example/octo-org/ops/issues/7',
    'https://github.com@evil.example/octo-org/ops/issues/7',
    'https://user:secret@github.com/octo-org/ops/issues/7',
    'https://github.com/octo-org/ops/issues/7?x=1',
    'https://github.com/login/oauth/authorize',
    'javascript:alert(1)',
    `${formed}\n::stop-commands::x`,
    7,
    undefined
  ])('is formed from the number when the answer leads elsewhere: %j', (html_url) => {
    expect(answered(html_url)).toBe(formed)
  })

  it('is checked for a new issue and for one that is found again', async () => {
    const { sandbox, account, alertIn } = createStage()
    const evil = { number: 1, html_url: 'https://evil.example/\n::error::x', body: '' }
    sandbox.faults.add({
      match: { operation: 'POST /repos/:owner/:repo/issues' },
      when: 'after',
      answer: { status: 201, body: evil }
    })
    const url = 'https://github.com/octo-org/ops/issues/1'
    expect(await alertIn().report(failingRun())).toBe(url)
    const { body } = account.repository.issues[0]!
    sandbox.faults.add({
      match: { operation: 'GET /repos/:owner/:repo/issues', count: Infinity },
      when: 'before',
      answer: { status: 200, body: [{ ...evil, body }] }
    })
    expect(await alertIn().report(failingRun())).toBe(url)
  })

  it('is an alert error when GitHub answers an impossible issue number', async () => {
    const { sandbox, alertIn } = createStage()
    sandbox.faults.add({
      match: { operation: 'GET /repos/:owner/:repo/issues', count: Infinity },
      when: 'before',
      answer: { status: 200, body: [{ number: -1, html_url: formed, body: '' }] }
    })
    await expect(alertIn().report(failingRun())).rejects.toMatchObject({ code: 'alert' })
  })
})

describe('issue about many rotations', () => {
  it('is cut before its marker, which stays whole', async () => {
    const { account, alertIn } = createStage()
    const rotations = Array.from({ length: 400 }, (_, index) =>
      rotation({ name: `a-rather-long-name-of-rotation-${index}` })
    )
    await alertIn().report(failingRun({ rotations }))
    const [issue] = account.repository.issues
    expect(issue!.body!.length).toBeLessThanOrEqual(65_536)
    await alertIn().report(failingRun({ rotations }))
    expect(account.repository.issues).toHaveLength(1)
    expect(issue!.body).toContain(' count=2 ')
    expect(issue!.comments).toEqual([])
  })
})

describe('run without an alert', () => {
  it('reports and verifies nothing with alert type none', async () => {
    await expect(noAlert.report(failingRun())).resolves.toBeUndefined()
    await expect(noAlert.verify()).resolves.toBeUndefined()
  })

  it('reports a missing github-token as an error of a failing run and of a check only', async () => {
    const missing = { code: 'alert', message: expect.stringContaining('github-token is empty') as unknown }
    await expect(alertWithoutToken.report(failingRun())).rejects.toMatchObject(missing)
    await expect(alertWithoutToken.verify()).rejects.toMatchObject(missing)
    await expect(alertWithoutToken.report(failingRun({ outcome: 'rotated' }))).resolves.toBeUndefined()
  })
})
