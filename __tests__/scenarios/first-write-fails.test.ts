import { describe, expect, it } from '@jest/globals'
import type { FaultAnswer } from '../../sandbox/faults.ts'
import { CALLS } from '../../simulation/calls.ts'
import { HOUR } from '../../simulation/times.ts'
import { expectPrimaryUntouched, expectRotated } from './expectations.ts'
import { createScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

const LOST: readonly FaultAnswer[] = ['drop', 'hang', 'garbage', 'success-false', { status: 502 }]

describe('empty store', () => {
  it.each(LOST)(
    'overwrites secrets whose creation was answered with %j although they were created',
    async (answer) => {
      const world = createScenario()
      world.sandbox.faults.add({ match: { operation: CALLS.createStored }, when: 'after', answer })
      expectRotated(world, await world.run())
    }
  )

  it('leaves GitHub as it was when a creation in the store keeps failing', async () => {
    const world = createScenario()
    const before = slotsNow(world)
    world.sandbox.faults.add({
      match: { operation: CALLS.createStored, count: Infinity },
      when: 'before',
      answer: { status: 502 }
    })
    const run = await world.run()
    expect(run.record.outcome).toBe('rolled-back')
    expectPrimaryUntouched(world, before)

    world.sandbox.faults.clear()
    world.clock.advance(HOUR)
    expect((await world.run()).record.outcome).toBe('rotated')
  })

  it('fails without changing GitHub when the store is full', async () => {
    const world = createScenario()
    const before = slotsNow(world)
    world.sandbox.cloudflare.secretsStores.quota = 1
    const run = await world.run()
    expect(run.record.outcome).toBe('rolled-back')
    expectPrimaryUntouched(world, before)
  })
})
