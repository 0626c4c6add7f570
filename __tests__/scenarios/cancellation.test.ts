import { describe, expect, it } from '@jest/globals'
import { isCall, writesOf } from '../../simulation/calls.ts'
import { LEASE, SECOND } from '../../simulation/times.ts'
import type { World, WorldRun } from '../../simulation/world.ts'
import {
  expectClean,
  expectConsumersSafe,
  expectNothingWritten,
  expectPrimaryUntouched,
  expectRecovered,
  expectRolledBack,
  failureOf
} from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

/** Asks the run to stop during a call, or cuts it off. */
async function runCancelled(
  world: World,
  { at, how = 'cancelled' }: { at: ReturnType<typeof isCall>; how?: 'cancelled' | 'forced' }
): Promise<WorldRun> {
  const controller = new AbortController()
  world.sandbox.onCall(({ phase, call }) => {
    if (phase === 'after' && at(call)) controller.abort()
  })
  return await world.run({ [how]: controller.signal, nonce: 'the job' })
}

describe('run that is cancelled', () => {
  it('writes nothing when it is cancelled while it observes', async () => {
    const world = await createRotatedScenario()
    const run = await runCancelled(world, { at: isCall('listTokens') })
    expectNothingWritten(world, run)
    expect(failureOf(run).code).toBe('cancelled')
    expectClean(world)
  })

  it('deletes what it created when it is cancelled while it creates', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    const run = await runCancelled(world, { at: isCall('createToken') })
    expectRolledBack(world, run)
    expectPrimaryUntouched(world, before)
  })

  it('deletes what it created and does not write PRIMARY when it is cancelled while it verifies', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    const run = await runCancelled(world, { at: isCall('readToken') })
    expectRolledBack(world, run)
    expectPrimaryUntouched(world, before)
    expect(writesOf(world).filter(isCall('putSecret', /PRIMARY/))).toEqual([])
  })

  it('finishes the writes when it is cancelled while it writes PRIMARY', async () => {
    const world = await createRotatedScenario()
    const run = await runCancelled(world, { at: isCall('putSecret', /PRIMARY/) })
    expect(['rotated', 'rolled-back']).toContain(run.record.outcome)
    expectConsumersSafe(world)
    expectClean(world)
  })
})

describe('run that is forced to stop', () => {
  it.each([
    ['while it creates', isCall('createToken')],
    ['while it verifies', isCall('readToken')],
    ['while it writes PRIMARY', isCall('putSecret', /PRIMARY/)],
    ['while it revokes', isCall('deleteToken')]
  ])(
    'leaves every consumer safe when it is forced to stop %s, and post or the next run repairs it',
    async (_when, at) => {
      for (const next of ['post', 'next'] as const) {
        const world = await createRotatedScenario()
        const env = world.environment()
        const { runId } = await runCancelled(world, { at, how: 'forced' })
        expectConsumersSafe(world)
        if (next === 'next') world.clock.advance(LEASE)
        expectRecovered(world, await world.run(next === 'post' ? { env, runId, nonce: 'the job' } : {}))
      }
    }
  )

  it('sends nothing after it was forced to stop', async () => {
    const world = await createRotatedScenario()
    const controller = new AbortController()
    let calls = 0
    world.sandbox.onCall(({ phase, call }) => {
      if (controller.signal.aborted && phase === 'before') calls++
      if (phase === 'after' && isCall('readToken')(call)) controller.abort()
    })
    await world.run({ forced: controller.signal })
    expect(calls).toBe(0)
  })
})

it('rolls back within 7 seconds when it is cancelled while it waits for a new token', async () => {
  const world = await createRotatedScenario()
  world.sandbox.cloudflare.tokens.propagationMs = 45 * SECOND
  const controller = new AbortController()
  let at = 0
  world.sandbox.onCall(({ call }) => {
    if (!isCall('readToken')(call) || controller.signal.aborted) return
    at = world.clock.now()
    controller.abort()
  })
  const run = await world.run({ cancelled: controller.signal })
  expectRolledBack(world, run)
  expect(world.clock.now() - at).toBeLessThan(7 * SECOND)
})
