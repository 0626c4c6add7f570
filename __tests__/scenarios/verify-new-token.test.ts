import { describe, expect, it } from '@jest/globals'
import { CALLS, isCall } from '../../simulation/calls.ts'
import { configure } from '../../simulation/configurations.ts'
import { HOUR, MINUTE, SECOND } from '../../simulation/times.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import {
  expectPrimaryUntouched,
  expectRecovered,
  expectRolledBack,
  expectRotated,
  failureOf,
  rotationOf
} from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

describe('new token', () => {
  it('waits while Cloudflare does not know the new token everywhere', async () => {
    const world = await createRotatedScenario()
    world.sandbox.cloudflare.tokens.propagationMs = 20 * SECOND
    let promotedAt = 0
    world.sandbox.onCall(({ phase, call }) => {
      if (phase === 'before' && isCall('putSecret', /PRIMARY_/)(call)) promotedAt = world.clock.now()
    })
    const began = world.clock.now()
    expectRotated(world, await world.run())
    expect(promotedAt - began).toBeGreaterThanOrEqual(20 * SECOND)
  })

  it('gives up a new token that never works and leaves PRIMARY untouched', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    world.sandbox.cloudflare.tokens.propagationMs = HOUR
    const run = await world.run()
    expectRolledBack(world, run)
    expectPrimaryUntouched(world, before)

    world.sandbox.cloudflare.tokens.propagationMs = 0
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })

  it('deletes a new token that fails a configured check, and names the check', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    const run = await world.run({
      configuration: configure(BOOTSTRAP, { credentials: { 'secret-edit': { verify: [{ can: 'tokens' }] } } })
    })
    expectRolledBack(world, run)
    expectPrimaryUntouched(world, before)
    expect(failureOf(run).message).toContain('can: tokens')
    expect(failureOf(run).call === null || failureOf(run).call!.status === 403).toBe(true)
    expect(rotationOf(run).steps.map(({ name }) => name)).not.toContain('promote')
  })

  it('deletes a new token that cannot be read back', async () => {
    const world = await createRotatedScenario({ rotations: 1 })
    world.sandbox.faults.add({
      match: { operation: CALLS.readToken, count: Infinity },
      when: 'before',
      answer: { status: 503 }
    })
    const run = await world.run()
    expectRolledBack(world, run)
    world.sandbox.faults.clear()
    world.clock.advance(10 * MINUTE)
    expectRecovered(world, await world.run())
  })
})
