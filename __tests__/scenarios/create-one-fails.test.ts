import { describe, expect, it } from '@jest/globals'
import { CALLS } from '../../simulation/calls.ts'
import { HOUR } from '../../simulation/times.ts'
import { expectPrimaryUntouched, expectRecovered, expectRolledBack, failureOf } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

describe.each([1, 2])('creation number %i of two fails', (nth) => {
  it.each([
    ['is refused', { status: 400 }],
    ['meets a server error', { status: 503 }]
  ])('deletes the other token and leaves PRIMARY untouched when one creation %s', async (_how, answer) => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    world.sandbox.faults.add({ match: { operation: CALLS.createToken, nth }, when: 'before', answer })
    const run = await world.run()

    expectRolledBack(world, run)
    expectPrimaryUntouched(world, before)
    expect(failureOf(run).message).toContain('no new credential could be created')
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })
})

it('sends a creation again only if it certainly changed nothing', async () => {
  const world = await createRotatedScenario()
  world.sandbox.faults.add({
    match: { operation: CALLS.createToken },
    when: 'before',
    answer: { status: 503 }
  })
  await world.run()
  expect(world.sandbox.transcript.counts()[CALLS.createToken]).toBe(2)
})
