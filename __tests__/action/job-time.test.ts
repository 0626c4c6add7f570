import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { findJobEnd } from '../../src/action/job-time.ts'
import { Secret } from '../../src/kernel/secret.ts'

const NOW = Date.UTC(2026, 0, 1)
const WORKFLOW = '.github/workflows/rotate.yml'
let workspace = ''

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'job-time-'))
  mkdirSync(join(workspace, '.github/workflows'), { recursive: true })
})
afterEach(() => rmSync(workspace, { recursive: true, force: true }))

async function minutes({
  workflow,
  token = 'github_pat_0123456789',
  ref = WORKFLOW
}: {
  workflow?: string
  token?: string
  ref?: string
}): Promise<number> {
  if (workflow !== undefined) writeFileSync(join(workspace, WORKFLOW), workflow)
  const env = { GITHUB_WORKFLOW_REF: `octo-org/ops/${ref}@refs/heads/main`, GITHUB_JOB: 'rotate' }
  return (
    ((await findJobEnd({ env, workspace, githubSecretsToken: new Secret(token), now: NOW })) - NOW) / 60_000
  )
}

it("takes the job's own timeout-minutes from the workflow, less a margin", async () => {
  const workflow = 'jobs:\n  plan: { timeout-minutes: 5 }\n  rotate: { timeout-minutes: 30 }\n'
  expect(await minutes({ workflow })).toBe(27)
})

it.each([
  ['is not checked out', {}],
  ['does not set it', { workflow: 'jobs: { rotate: { runs-on: ubuntu-latest } }' }],
  ['computes it', { workflow: 'jobs: { rotate: { timeout-minutes: "${{ vars.MINUTES }}" } }' }],
  ['is not YAML', { workflow: 'jobs: [' }],
  ['is out of the workspace', { ref: '.github/workflows/../../../etc/passwd' }]
])("takes GitHub's six hours where the workflow %s", async (_, given) => {
  expect(await minutes(given)).toBe(357)
})

it('takes the hour for which the token of a GitHub App is valid, where the job may take longer', async () => {
  expect(await minutes({ token: 'ghs_0123456789abcdef' })).toBe(57)
})

it('leaves half of a very short job', async () => {
  expect(await minutes({ workflow: 'jobs: { rotate: { timeout-minutes: 4 } }' })).toBe(2)
})
