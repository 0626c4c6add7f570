import { describe, expect, it } from '@jest/globals'
import type { Call } from '../../sandbox/transcript.ts'
import { CALLS, isCall, writesOf } from '../../simulation/calls.ts'
import { configure, withD1 } from '../../simulation/configurations.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { MINUTE } from '../../simulation/times.ts'
import { BOOTSTRAP, type RunOptions, type World, type WorldRun } from '../../simulation/world.ts'
import { createCoordinator } from '../locks/coordinator-in-process.ts'
import { COORDINATOR_TOKEN } from '../locks/subject.ts'
import {
  expectPrimaryUntouched,
  expectRecovered,
  expectRolledBack,
  expectRotated,
  failureOf,
  rotationOf
} from './expectations.ts'
import { createRotatedScenario, type Scenario } from './scenario.ts'
import { slotsNow } from './state.ts'

const D1 = withD1(BOOTSTRAP)
const COORDINATOR = 'https://rotation-coordinator.octo.workers.dev'
const DURABLE_OBJECT = configure(BOOTSTRAP, {
  top: { lock: { type: 'durable-object', url: `${COORDINATOR}/` } }
})
const QUERY = 'POST /accounts/:account_id/d1/database/:database_id/query'

const isLockCall = ({ path }: Call): boolean => /\/(kv|d1)\//.test(path)

/** Holds and number of the lock in the database. */
function rowOf({ account }: World): Record<string, unknown> | undefined {
  return account.database.run('SELECT owner, expires_at, fence FROM rotate_locks')[0]
}

function expectFree(world: World, { fence }: { fence: number }): void {
  const row = rowOf(world)
  expect(row).toMatchObject({ fence })
  expect(Number(row!['expires_at']) * 1000).toBeLessThanOrEqual(world.clock.now())
}

describe('lock in D1', () => {
  const run = (world: World, options: RunOptions = {}): Promise<WorldRun> =>
    world.run({ configuration: D1, ...options })

  /** A scenario in which the table is there already. */
  async function createD1Scenario(): Promise<Scenario> {
    const world = await createRotatedScenario()
    expectRotated(world, await run(world))
    world.clock.advance(60 * MINUTE)
    world.sandbox.transcript.clear()
    return world
  }

  it('rotates with a D1 lock, without a call to Workers KV, and releases it', async () => {
    const world = await createRotatedScenario()
    expectRotated(world, await run(world))
    expectFree(world, { fence: 1 })
    expect(world.sandbox.transcript.calls.filter(({ path }) => path.includes('/kv/'))).toEqual([])
    expectRotated(world, await run(world))
    expectFree(world, { fence: 2 })
  })

  it('needs one call less with a D1 lock than with Workers KV, and one round trip less to acquire it', async () => {
    const measured = { d1: await createD1Scenario(), kv: await createD1Scenario() }
    for (const world of Object.values(measured)) world.sandbox.latencyMs = 50
    expectRotated(measured.d1, await run(measured.d1))
    expectRotated(measured.kv, await measured.kv.run())
    const [d1, kv] = Object.values(measured).map(({ sandbox: { transcript } }) => {
      const created = transcript.calls.find(isCall('createToken'))!
      return {
        lockCalls: transcript.calls.filter(isLockCall).length,
        acquired: transcript.roundTrips(
          ({ endedAt }) => endedAt !== undefined && endedAt <= created.startedAt
        ),
        inAll: transcript.roundTrips()
      }
    })
    expect(d1!.lockCalls).toBe(kv!.lockCalls - 1)
    expect(d1!.acquired).toBe(kv!.acquired - 1)
    expect(d1!.inAll).toBeLessThanOrEqual(kv!.inAll)
  })

  it('returns locked with a link to the run that holds the D1 lock', async () => {
    const world = await createD1Scenario()
    let second: WorldRun | undefined
    const stop = world.sandbox.onCall(async ({ phase, call }) => {
      if (phase !== 'before' || call.operation !== CALLS.createToken) return
      stop()
      second = await run(world)
    })
    const first = await run(world)
    expectRotated(world, first)
    expect(second!.record.outcome).toBe('locked')
    expect(rotationOf(second!).reason.join()).toContain(`/actions/runs/${first.runId}`)
  })

  it('ends the run before PRIMARY is written when the D1 lock is stolen while new tokens are verified', async () => {
    const world = await createD1Scenario()
    const before = slotsNow(world)
    const stop = world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'after' || !isCall('createToken')(call)) return
      stop()
      // The clocks of the run stand still: only the number can tell.
      world.account.database.run("UPDATE rotate_locks SET owner = '1.1/thief', fence = fence + 1")
    })
    const stolen = await run(world)
    expectRolledBack(world, stolen)
    expectPrimaryUntouched(world, before)
    expect(failureOf(stolen).code).toBe('lease-lost')
    expect(rowOf(world)?.['owner']).toBe('1.1/thief')
  })

  it('keeps others out with the D1 lock of a killed run until it expires, but not its own next attempt', async () => {
    const world = await createD1Scenario()
    const revive = crashDuring(world, { at: isCall('createToken'), when: 'before' })
    const first = await run(world)
    revive()
    world.sandbox.transcript.clear()
    expect((await run(world)).record.outcome).toBe('locked')
    expect(writesOf(world).filter((call) => call.operation !== QUERY)).toEqual([])
    expectRecovered(world, await run(world, { runId: first.runId, attempt: 2 }))
  })

  it('releases the D1 lock in post of the same job after main died', async () => {
    const world = await createD1Scenario()
    const revive = crashDuring(world, { at: isCall('createToken'), when: 'before' })
    const first = await run(world, { nonce: 'job' })
    revive()
    const post = await run(world, { runId: first.runId, nonce: 'job', reclaim: ['bootstrap'] })
    expect(post.log.join('\n')).toContain('The lock was released')
    expectRecovered(world, post)
  })

  it('owns the D1 lock although its claim was not answered', async () => {
    const world = await createD1Scenario()
    world.sandbox.faults.add({ match: { operation: QUERY, nth: 2 }, when: 'after', answer: 'drop' })
    expectRotated(world, await run(world))
  })
})

describe('lock in a Durable Object', () => {
  /** Lets the run reach the real coordinator besides the sandbox. */
  function connect(world: World): { readonly calls: string[] } {
    const { sandbox } = world
    const coordinator = createCoordinator(() => world.clock.now())
    const calls: string[] = []
    const direct = sandbox.fetch
    const routed: typeof fetch = async (input, init) => {
      const request = new Request(input, init)
      const { origin, pathname } = new URL(request.url)
      if (origin !== COORDINATOR) return await direct(input, init)
      calls.push(`${request.method} ${pathname}`)
      return await coordinator(request)
    }
    Object.assign(sandbox, { fetch: routed })
    return { calls }
  }

  const run = (world: World): Promise<WorldRun> =>
    world.run({
      configuration: DURABLE_OBJECT,
      env: { ...world.environment(), ROTATE_COORDINATOR_TOKEN: COORDINATOR_TOKEN }
    })

  it('rotates with a Durable Object lock and keeps another run out', async () => {
    const world = await createRotatedScenario()
    const { calls } = connect(world)
    let second: WorldRun | undefined
    const stop = world.sandbox.onCall(async ({ phase, call }) => {
      if (phase !== 'before' || call.operation !== CALLS.createToken) return
      stop()
      second = await run(world)
    })
    const first = await run(world)
    expectRotated(world, first)
    expect(second!.record.outcome).toBe('locked')
    expect([...first.log, ...second!.log].join('\n')).not.toContain(COORDINATOR_TOKEN)
    expect(new Set(calls.map((call) => call.split(' ')[1]))).toEqual(
      new Set(['/locks/023e105f4ecef8ad9ca31a8372d0c353.bootstrap'])
    )
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['PUT', 'PUT', 'PATCH', 'DELETE'])
    expectRotated(world, await run(world))
  })

  it('fails before anything is called when the token of the Durable Object lock is missing, and names the variable', async () => {
    const world = await createRotatedScenario()
    const { calls } = connect(world)
    const failed = await world.run({ configuration: DURABLE_OBJECT })
    expect(failed.record.error?.message).toContain(
      'lock.token: the environment variable ROTATE_COORDINATOR_TOKEN is not set'
    )
    expect(calls).toEqual([])
  })
})
