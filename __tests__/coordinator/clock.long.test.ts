import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { createGithubContract } from '../../sandbox/github-contract.ts'
import { seededRandom } from '../../sandbox/random.ts'
import { HOURLY, startStage, type Stage, type StageOptions } from './stage.ts'

jest.setTimeout(300_000)

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let stage: Stage | undefined
const directories: string[] = []
afterEach(async () => {
  await stage?.close()
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

async function start(options: StageOptions = {}): Promise<Stage> {
  stage = await startStage(options)
  return stage
}

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'clock-'))
  directories.push(directory)
  return directory
}

/** Minutes after the start of its interval at which each run was created. */
function delays({ started }: Stage, every = HOUR): readonly number[] {
  return started.map(({ createdAt }) => Math.floor((createdAt % every) / MINUTE))
}

/** Minutes since the first start. */
function minutes({ started }: Stage): readonly number[] {
  return started.map(({ createdAt }) => Math.round((createdAt - started[0]!.createdAt) / MINUTE))
}

const DISPATCH = 'POST /repos/:owner/:repo/actions/workflows/:workflow_id/dispatches'

describe('clock over 48 simulated hours', () => {
  it('starts every run within its minute and none twice, also across restarts of the Worker and of the object', async () => {
    const web = { ...HOURLY, repository: 'octo-org/web', every: '15m' }
    const acting = await start({ persist: newDirectory(), bindings: { SCHEDULES: [HOURLY, web] } })
    const other = acting.sandbox.github.addRepository('octo-org/web')
    const random = seededRandom(11)
    let restarts = 0
    // At 9:30 the memory is new: the intervals that began before are started once.
    await acting.pass(48 * 60, async () => {
      const dice = random()
      if (dice < 0.004) await acting.start()
      else if (dice < 0.012) await acting.abortObject()
      if (dice < 0.012) restarts += 1
    })
    expect(restarts).toBeGreaterThan(20)
    const hours = acting.started.map(({ createdAt }) => Math.floor(createdAt / HOUR))
    expect(new Set(hours).size).toBe(hours.length)
    expect(hours).toHaveLength(49)
    expect(
      delays(acting)
        .slice(1)
        .every((delay) => delay === 0)
    ).toBe(true)
    const quarters = other.runs.map(({ createdAt }) => Math.floor(createdAt / (15 * MINUTE)))
    expect(new Set(quarters).size).toBe(quarters.length)
    expect(quarters).toHaveLength(193)
    expect(acting.sent).toEqual([])
  })
})

describe('clock', () => {
  it('adopts the run of this interval when its memory is new, and starts nothing twice', async () => {
    const first = await start()
    await first.pass(2)
    expect(first.started).toHaveLength(1)
    // Without a directory the memory does not survive.
    await first.start()
    await first.pass(29)
    expect(first.started.map(({ createdAt }) => Math.floor(createdAt / HOUR))).toHaveLength(2)
  })

  it('makes up for missed ticks with one start', async () => {
    const acting = await start()
    await acting.pass(2)
    acting.clock.advance(5 * HOUR)
    await acting.pass(40)
    expect(minutes(acting)).toEqual([0, (5 * HOUR) / MINUTE + 2, (5 * HOUR) / MINUTE + 29])
    expect(acting.sent).toEqual([])
  })

  it('starts a run again after 2, 5 and 10 minutes when it fails, and then at the next interval', async () => {
    const acting = await start({ conclude: () => 'failure' })
    await acting.pass(30)
    acting.repository.runs.length = 0
    await acting.pass(59)
    // Each run takes 3 minutes, and its end is seen at the next tick.
    expect(minutes(acting)).toEqual([0, 5, 13, 26])
  })

  it.each(['cancelled', 'timed_out', 'startup_failure'])(
    'starts a run again when it is %s',
    async (conclusion) => {
      let left = 1
      const acting = await start({ conclude: () => (left-- > 0 ? conclusion : 'success') })
      await acting.pass(20)
      expect(minutes(acting)).toEqual([0, 5])
    }
  )

  it('cancels a run that lost its machine, and starts it again', async () => {
    let lost: number | undefined
    const acting = await start({ conclude: ({ id }) => (id === (lost ??= id) ? undefined : 'success') })
    await acting.pass(60)
    expect(acting.started[0]).toMatchObject({ id: lost, conclusion: 'cancelled' })
    // A new interval has begun meanwhile, so that there is no wait.
    expect(minutes(acting)).toEqual([0, 32])
  })

  it('posts a start again that was accepted and never became a run', async () => {
    const acting = await start()
    acting.repository.swallowedDispatches = 1
    await acting.pass(10)
    expect(acting.sandbox.transcript.calls.filter(({ operation }) => operation === DISPATCH)).toHaveLength(2)
    expect(acting.started).toHaveLength(1)
    expect(Math.round((acting.started[0]!.createdAt - Date.UTC(2026, 0, 1, 9, 31)) / MINUTE)).toBe(5)
  })

  it('finds the run of a start whose answer was lost, across a restart', async () => {
    const acting = await start({ persist: newDirectory() })
    acting.sandbox.faults.add({ match: { operation: DISPATCH }, when: 'after', answer: 'drop' })
    await acting.pass(1)
    await acting.start()
    await acting.pass(10)
    expect(acting.started).toHaveLength(1)
    expect(acting.started[0]).toMatchObject({ conclusion: 'success' })
  })

  it('posts a start again after a request that did not reach GitHub', async () => {
    const acting = await start()
    acting.sandbox.faults.add({ match: { operation: DISPATCH }, when: 'before', answer: 'drop' })
    await acting.pass(10)
    expect(acting.started).toHaveLength(1)
  })

  it.each([
    ['a rate limit', { rateLimit: 240 }, 4],
    ['an error of the server', { status: 502 }, 1]
  ] as const)('waits after %s', async (_what, answer, wait) => {
    const acting = await start()
    acting.sandbox.faults.add({ match: { operation: DISPATCH }, when: 'before', answer })
    await acting.pass(12)
    const calls = acting.sandbox.transcript.calls.filter(({ operation }) => operation === DISPATCH)
    expect(calls).toHaveLength(2)
    expect(Math.round((calls[1]!.startedAt - calls[0]!.startedAt) / MINUTE)).toBeGreaterThanOrEqual(wait)
    expect(acting.started).toHaveLength(1)
  })

  it('works with a fine-grained token too', async () => {
    const acting = await start({ bindings: { GITHUB_APP_PRIVATE_KEY: undefined, GITHUB_TOKEN: 'x' } })
    await acting.pass(1)
    expect(acting.started).toHaveLength(0)
    const { value } = acting.sandbox.github.addToken({
      kind: 'pat',
      name: 'clock',
      permissions: { actions: 'write' }
    })
    await acting.close()
    const other = await start({ bindings: { GITHUB_APP_PRIVATE_KEY: undefined, GITHUB_TOKEN: value } })
    other.sandbox.github.addToken({ kind: 'pat', name: 'clock', permissions: { actions: 'write' } })
    await other.pass(1)
    expect(other.sandbox.transcript.calls.map(({ status }) => status)).toEqual([200, 200])
  })

  it('sends only requests that GitHub describes', async () => {
    const contract = await createGithubContract()
    const acting = await start({ wrap: contract.wrap, conclude: () => undefined })
    acting.repository.swallowedDispatches = 1
    await acting.pass(120)
    acting.repository.workflows[0]!.state = 'disabled_manually'
    await acting.pass(65)
    expect(contract.violations).toEqual([])
    expect(Object.keys(contract.checked).sort()).toEqual([
      'actions/cancel-workflow-run',
      'actions/create-workflow-dispatch',
      'actions/get-workflow',
      'actions/get-workflow-run',
      'actions/list-workflow-runs',
      'apps/create-installation-access-token',
      'apps/get-repo-installation'
    ])
  })

  it('asks for a token of one repository with one permission', async () => {
    const acting = await start()
    await acting.pass(1)
    const created = acting.sandbox.transcript.calls.find(({ path }) => path.endsWith('/access_tokens'))
    expect(created?.status).toBe(201)
    expect(JSON.stringify(created?.body)).toMatch(/ops.*actions/)
  })
})
