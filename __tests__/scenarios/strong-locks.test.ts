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

describe('a lock in D1', () => {
  const run = (world: World, options: RunOptions = {}): Promise<WorldRun> =>
    world.run({ configuration: D1, ...options })

  /** A story in which the table is there already. */
  async function createD1Story(): Promise<Scenario> {
    const world = await createRotatedScenario()
    expectRotated(world, await run(world))
    world.clock.advance(60 * MINUTE)
    world.sandbox.transcript.clear()
    return world
  }

  it('carries a whole rotation, with Workers KV never called, and is free afterwards', async () => {
    const world = await createRotatedScenario()
    expectRotated(world, await run(world))
    expectFree(world, { fence: 1 })
    expect(world.sandbox.transcript.calls.filter(({ path }) => path.includes('/kv/'))).toEqual([])
    expectRotated(world, await run(world))
    expectFree(world, { fence: 2 })
  })

  it('costs one call less than one in Workers KV, and takes one round trip less to acquire', async () => {
    const measured = { d1: await createD1Story(), kv: await createD1Story() }
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

  it('that another run holds means locked, with a link to that run', async () => {
    const world = await createD1Story()
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

  it('that is stolen while new tokens are verified ends the run before PRIMARY is written', async () => {
    const world = await createD1Story()
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

  it('of a run that died keeps others out until its time is over, and its own next attempt not at all', async () => {
    const world = await createD1Story()
    const revive = crashDuring(world, { at: isCall('createToken'), when: 'before' })
    const first = await run(world)
    revive()
    world.sandbox.transcript.clear()
    expect((await run(world)).record.outcome).toBe('locked')
    expect(writesOf(world).filter((call) => call.operation !== QUERY)).toEqual([])
    expectRecovered(world, await run(world, { runId: first.runId, attempt: 2 }))
  })

  it('is released by the same job after main died', async () => {
    const world = await createD1Story()
    const revive = crashDuring(world, { at: isCall('createToken'), when: 'before' })
    const first = await run(world, { nonce: 'job' })
    revive()
    const post = await run(world, { runId: first.runId, nonce: 'job', reclaim: ['bootstrap'] })
    expect(post.log.join('\n')).toContain('The lock was released')
    expectRecovered(world, post)
  })

  it('whose claim is not answered is the run’s own all the same', async () => {
    const world = await createD1Story()
    world.sandbox.faults.add({ match: { operation: QUERY, nth: 2 }, when: 'after', answer: 'drop' })
    expectRotated(world, await run(world))
  })
})

describe('a lock in a Durable Object', () => {
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

  it('carries a whole rotation, and keeps another run out', async () => {
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

  it('without its token is an error that names the variable, before anything is called', async () => {
    const world = await createRotatedScenario()
    const { calls } = connect(world)
    const failed = await world.run({ configuration: DURABLE_OBJECT })
    expect(failed.record.error?.message).toContain(
      'lock.token: the environment variable ROTATE_COORDINATOR_TOKEN is not set'
    )
    expect(calls).toEqual([])
  })
})
