import { describe, expect, it } from '@jest/globals'
import { GitHubClient } from '../../src/github/client.ts'
import { readPreviousRun } from '../../src/github/previous-run.ts'
import { Secret } from '../../src/kernel/secret.ts'

interface Past {
  /** Hour of its creation. */
  readonly hour: number
  readonly conclusion: string
  readonly workflow?: number
}

const at = (hour: number): string => `2026-01-02T${String(hour).padStart(2, '0')}:00:00Z`

/** Reads what the run of noon has before it. */
async function read(past: readonly Past[], attempt = 1): Promise<unknown> {
  const own = { id: 4711, workflow_id: 1, head_branch: 'main', created_at: at(12) }
  const workflow_runs = past.map(({ hour, conclusion, workflow = 1 }) => ({
    ...{ id: hour, workflow_id: workflow, conclusion, head_branch: 'main', event: 'schedule' },
    ...{ created_at: at(hour), updated_at: at(hour + 1) }
  }))
  const fetch: typeof globalThis.fetch = async (input) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    return Promise.resolve(
      Response.json(pathname.endsWith('/4711') ? own : { total_count: workflow_runs.length, workflow_runs })
    )
  }
  const client = new GitHubClient(new Secret('a-token-of-the-job'), {
    apiUrl: 'https://api.github.com',
    fetch
  })
  return await readPreviousRun(client, { repository: 'octo-org/ops', runId: '4711', attempt })
}

describe('the previous run of the workflow', () => {
  it.each([
    ['none', [], { state: 'well', failedBefore: false }],
    ['one that succeeded', [{ hour: 11, conclusion: 'success' }], { state: 'well', failedBefore: false }],
    [
      'one that failed, listed in any order and among those of other workflows',
      [
        { hour: 9, conclusion: 'success' },
        { hour: 11, conclusion: 'success', workflow: 2 },
        { hour: 10, conclusion: 'failure' }
      ],
      { state: 'failed', couldTell: true, event: 'schedule', endedAt: at(11) }
    ],
    [
      'one that was ended by a time-out',
      [{ hour: 10, conclusion: 'timed_out' }],
      { state: 'failed', couldTell: false, event: 'schedule', endedAt: at(11) }
    ],
    [
      'one that was cancelled after one that failed',
      [
        { hour: 11, conclusion: 'cancelled' },
        { hour: 10, conclusion: 'failure' }
      ],
      { state: 'failed', couldTell: true, event: 'schedule', endedAt: at(11) }
    ],
    [
      'one that succeeded after one that failed',
      [
        { hour: 11, conclusion: 'success' },
        { hour: 10, conclusion: 'failure' }
      ],
      { state: 'well', failedBefore: true }
    ]
  ])('is read: %s', async (_what, past, expected) => {
    expect(await read(past)).toEqual(expected)
  })

  it('is the first attempt of this run, which failed', async () => {
    expect(await read([{ hour: 11, conclusion: 'success' }], 2)).toEqual({
      state: 'failed',
      couldTell: false
    })
  })
})
