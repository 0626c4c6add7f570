import { expect, it } from '@jest/globals'
import { CALLS } from '../../simulation/calls.ts'
import { SECOND } from '../../simulation/times.ts'
import { expectPrimaryUntouched, expectRolledBack, expectRotated, failureOf } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

it.each([CALLS.listSecrets, CALLS.listStore])(
  'reads a list again that does not show a write yet, and rotates (%s)',
  async (operation) => {
    const world = await createRotatedScenario()
    world.sandbox.behind.add(operation)
    expectRotated(world, await world.run())
  }
)

it('waits for a new token that Cloudflare does not show yet', async () => {
  const world = await createRotatedScenario()
  world.sandbox.faults.add({
    match: { operation: CALLS.readToken, count: 3 },
    when: 'before',
    answer: { refusal: { status: 404, code: 1003, message: 'API token not found' } }
  })
  expectRotated(world, await world.run())
})

it('gives up a new token that Cloudflare does not show within a minute', async () => {
  const world = await createRotatedScenario()
  const before = slotsNow(world)
  world.sandbox.faults.add({
    match: { operation: CALLS.readToken, count: Infinity },
    when: 'before',
    answer: { refusal: { status: 404, code: 1003, message: 'API token not found' } }
  })
  const began = world.clock.now()
  const run = await world.run()
  expectRolledBack(world, run)
  expectPrimaryUntouched(world, before)
  expect(failureOf(run).code).toBe('not-found')
  expect(world.clock.now() - began).toBeGreaterThanOrEqual(60 * SECOND)
})
