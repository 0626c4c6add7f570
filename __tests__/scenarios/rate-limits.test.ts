import { describe, expect, it } from '@jest/globals'
import { CALLS, isCall } from '../../simulation/calls.ts'
import { HOUR, MINUTE, SECOND } from '../../simulation/times.ts'
import {
  expectNothingWritten,
  expectPrimaryUntouched,
  expectRecovered,
  expectRolledBack,
  expectRotated,
  failureOf
} from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

describe('call refused for its rate', () => {
  it.each(['listTokens', 'createToken', 'editStored', 'putSecret'] as const)(
    'sends a call that is refused for its rate again after the requested wait (%s)',
    async (kind) => {
      const world = await createRotatedScenario()
      world.sandbox.faults.add({
        match: { operation: CALLS[kind] },
        when: 'before',
        answer: { rateLimit: 20 }
      })
      const began = world.clock.now()
      const run = await world.run()
      expectRecovered(world, run)
      expect(world.clock.now() - began).toBeGreaterThanOrEqual(20 * SECOND)
      expect(run.log.join('\n')).toContain('Trying again in 20 s')
    }
  )

  it('fails without changes when a refused call asks for a wait longer than a run may take', async () => {
    const world = await createRotatedScenario()
    world.sandbox.faults.add({
      match: { operation: CALLS.listTokens, count: Infinity },
      when: 'before',
      answer: { rateLimit: 300 }
    })
    const began = world.clock.now()
    const run = await world.run()
    expectNothingWritten(world, run)
    expect(failureOf(run).code).toBe('rate-limited')
    expect(world.clock.now() - began).toBeLessThan(MINUTE)
  })

  it('undoes the rotation when writes of PRIMARY are refused for their rate for long', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    world.sandbox.faults.add({
      match: { method: 'PUT', path: '/secrets/PRIMARY_SECRET_EDIT_TOKEN' },
      when: 'before',
      answer: { rateLimit: 300 }
    })
    expectRolledBack(world, await world.run())
    expectPrimaryUntouched(world, before)
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })
})

it('waits to stay within the rate limit, so that no call is refused', async () => {
  const world = await createRotatedScenario()
  world.sandbox.cloudflare.rateLimit.requests = 20
  world.sandbox.cloudflare.rateLimit.windowSeconds = 30
  world.sandbox.latencyMs = 20
  const run = await world.run()
  expectRotated(world, run)
  expect(world.sandbox.transcript.calls.filter(({ status }) => status === 429)).toEqual([])
  expect(world.sandbox.transcript.calls.filter(isCall('createToken'))).toHaveLength(2)
})
