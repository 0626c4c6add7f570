import { describe, expect, it } from '@jest/globals'
import { CALLS, isCall } from '../../simulation/calls.ts'
import { withD1, withoutLock } from '../../simulation/configurations.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { LEASE, MINUTE } from '../../simulation/times.ts'
import { expectClean, expectConsumersSafe, expectRecovered, failureOf, rotationOf } from './expectations.ts'
import {
  courseOf,
  createGatedScenario,
  deploymentsOf,
  endDeployments,
  GATED,
  GATED_PAIR,
  GREEN,
  RED,
  type GatedOptions
} from './rollout-scenario.ts'
import type { Scenario } from './scenario.ts'
import { managedTokens, slotsNow, snapshot } from './state.ts'

/** A scenario whose last run was killed while it waited for its gate. */
async function createKilled(
  options: GatedOptions = {}
): Promise<Scenario & { readonly runId: number; readonly env: Record<string, string> }> {
  const world = await createGatedScenario(options)
  const env = world.environment()
  const restart = crashDuring(world, { at: isCall('readRun'), nth: 4, when: 'before' })
  const { runId } = await world.run({ nonce: 'the job' })
  restart()
  expectConsumersSafe(world)
  world.sandbox.transcript.clear()
  return { ...world, runId, env }
}

describe('run that was killed while it waited for a rollout gate', () => {
  it('is finished by the next run, which passes the gates before it revokes what PRIMARY held', async () => {
    const world = await createKilled()
    const slots = slotsNow(world)
    world.clock.advance(LEASE)
    const run = await world.run()
    expect(run.record.outcome).toBe('not-due')
    expect(rotationOf(run).rollout).toMatchObject([{ state: 'passed' }])
    const deletion = world.sandbox.transcript.calls.find(isCall('deleteToken'))
    expect(deletion!.startedAt).toBeGreaterThanOrEqual(deploymentsOf(world).at(-1)!.createdAt + GREEN.afterMs)
    expect(slotsNow(world)).toEqual(slots)
    expectClean(world)
  })

  it('loses nothing when the gate fails in the next run, which keeps both and says so', async () => {
    const world = await createKilled()
    const alive = managedTokens(world).map(({ id }) => id)
    endDeployments(world, RED)
    for (let next = 0; next < 2; next++) {
      world.clock.advance(LEASE)
      const run = await world.run()
      expect(run.record.outcome).toBe('failed')
      expect(failureOf(run).code).toBe('rollout-failed')
      expect(rotationOf(run).left.join()).toContain('remains valid until the rollout gates pass')
      expect(rotationOf(run).credentials[0]!.kept).toMatchObject([
        { reason: 'the rollout gates did not pass' }
      ])
      expect(managedTokens(world).map(({ id }) => id)).toEqual(alive)
    }
    endDeployments(world, GREEN)
    world.clock.advance(LEASE)
    expect((await world.run()).record.outcome).toBe('not-due')
    expectClean(world)
  })

  it('is repaired by post of the same job, which passes the gates of its own', async () => {
    const world = await createKilled()
    const { env, runId } = world
    expectRecovered(world, await world.run({ env, runId, nonce: 'the job' }))
    expect(courseOf(world)).toContain('start the workflow')
  })

  it('is finished by the next rotation where there are two slots', async () => {
    const world = await createKilled({ configuration: GATED_PAIR, rotations: 2 })
    world.clock.advance(LEASE)
    expectRecovered(world, await world.run())
  })
})

describe('run that waits for a rollout gate', () => {
  it('restores the old values when it is cancelled, and cancels the run that it started', async () => {
    const world = await createGatedScenario()
    const before = slotsNow(world)
    endDeployments(world, undefined)
    const controller = new AbortController()
    let looks = 0
    world.sandbox.onCall(({ phase, call }) => {
      if (phase === 'after' && isCall('readRun')(call) && ++looks === 5) controller.abort()
    })
    const run = await world.run({ cancelled: controller.signal })
    expect(run.record.outcome).toBe('rolled-back')
    expect(failureOf(run).code).toBe('cancelled')
    expect(rotationOf(run).rollout).toMatchObject([{ state: 'cancelled' }])
    expect(slotsNow(world)).toEqual(before)
    expect(deploymentsOf(world).at(-1)).toMatchObject({ conclusion: 'cancelled' })
    expectClean(world)
  })

  it('revokes nothing and restores nothing when another run has taken its lock', async () => {
    const configuration = withD1(GATED)
    const world = await createGatedScenario({ configuration })
    endDeployments(world, { ...GREEN, afterMs: 12 * MINUTE })
    let looks = 0
    world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'after' || !isCall('readRun')(call) || ++looks !== 3) return
      world.account.database.run("UPDATE rotate_locks SET owner = '1.1/other', fence = fence + 1")
    })
    const alive = managedTokens(world).length
    const run = await world.run()
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run).code).toBe('lease-lost')
    expect(managedTokens(world)).toHaveLength(alive + 1)
    expectConsumersSafe(world)
  })

  it('restores the old values when its lease cannot be renewed any more', async () => {
    const world = await createGatedScenario()
    const before = snapshot(world)
    endDeployments(world, { ...GREEN, afterMs: 12 * MINUTE })
    world.sandbox.faults.add({
      match: { operation: CALLS.writeLock, nth: 2, count: Infinity },
      when: 'before',
      answer: { status: 500 }
    })
    const run = await world.run()
    expect(run.record.outcome).toBe('rolled-back')
    expect(rotationOf(run).rollout).toMatchObject([{ state: 'unknown' }])
    expect(slotsNow(world)).toEqual(before.slots)
  })

  it('waits longer than lock.ttl where there is no lock', async () => {
    const configuration = withoutLock(GATED)
    const world = await createGatedScenario({ configuration })
    endDeployments(world, { ...GREEN, afterMs: 12 * MINUTE })
    expect((await world.run()).record.outcome).toBe('rotated')
  })
})
