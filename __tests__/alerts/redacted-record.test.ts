import { describe, expect, it } from '@jest/globals'
import { createVirtualClock } from '../../sandbox/clock.ts'
import { seededRandom } from '../../sandbox/random.ts'
import { createSandbox } from '../../sandbox/sandbox.ts'
import { seedBootstrapAccount } from '../../sandbox/seed.ts'
import { IssueAlert } from '../../src/alerts/issue.ts'
import { GitHubClient } from '../../src/github/client.ts'
import { githubErrorMapper } from '../../src/github/error-mapper.ts'
import { createApiFetch } from '../../src/http/api-fetch.ts'
import { makeRecord } from '../../src/rotation/record/record.ts'
import type { RunRecord } from '../../src/rotation/record/schema.ts'
import { Secret, SecretRegistry } from '../../src/kernel/secret.ts'
import { createStandingClock } from '../http/standing-clock.ts'
import { failingRun, rotation } from './records.ts'

const NAME = 'production-key-1'

function recordOf(word: string, outcome: 'rolled-back' | 'rotated'): RunRecord {
  const secrets = new SecretRegistry(() => undefined)
  secrets.register(word)
  const { run } = failingRun()
  const failed = rotation({ name: NAME, outcome })
  return makeRecord(
    {
      command: 'rotate',
      run,
      startedAt: Date.UTC(2026, 0, 2),
      endedAt: Date.UTC(2026, 0, 2, 0, 0, 20),
      warnings: []
    },
    [outcome === 'rotated' ? { ...failed, error: null } : failed],
    secrets
  )
}

function createAlerts() {
  const random = seededRandom(1)
  const sandbox = createSandbox({ clock: createVirtualClock(), random })
  const account = seedBootstrapAccount(sandbox)
  const client = new GitHubClient(new Secret(account.githubToken.value), {
    apiUrl: 'https://api.github.com',
    fetch: createApiFetch({
      errorMapper: githubErrorMapper,
      fetch: sandbox.fetch,
      clock: createStandingClock(),
      random
    })
  })
  const alertOfNextRun = (): IssueAlert =>
    new IssueAlert({
      client,
      serverUrl: 'https://github.com',
      repository: 'octo-org/ops',
      labels: ['credential-rotation'],
      workflow: 'octo-org/ops/.github/workflows/rotate.yml',
      runbookUrl: 'https://github.com/org/rotate-action/blob/v1/docs/runbook.md'
    })
  return { issues: account.repository.issues, alertOfNextRun }
}

describe('record with a secret value that is a word of the record', () => {
  it.each(['1', 'e', 'back', 'rotated', 'failed', 'working', 'bootstrap', '2026-01-02T00:00:00Z', NAME])(
    'changes only texts for people, and the alert is found again: %s',
    async (word) => {
      const { issues, alertOfNextRun } = createAlerts()
      for (let run = 0; run < 3; run++) {
        const record = recordOf(word, 'rolled-back')
        expect(record).toMatchObject({
          outcome: 'rolled-back',
          startedAt: '2026-01-02T00:00:00Z',
          rotations: [{ name: NAME, outcome: 'rolled-back', error: { code: 'permission' } }]
        })
        await alertOfNextRun().report(record)
      }
      expect(issues).toHaveLength(1)
      expect(issues[0]!.body).toContain(`failing=${NAME} since=2026-01-02T00:00:00Z count=3`)
      const record = recordOf(word, 'rotated')
      expect(record.outcome).toBe('rotated')
      await alertOfNextRun().report(record)
      expect(issues.map(({ state }) => state)).toEqual(['closed'])
    }
  )
})
