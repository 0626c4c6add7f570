import { expect, it } from '@jest/globals'
import { ACCESS_CALLS } from '../../simulation/calls.ts'
import { DAY } from '../../simulation/times.ts'
import { automationOf } from '../../simulation/world.ts'
import { expectAutomationWorks, expectReplaced, snapshot } from './access-expectations.ts'
import { createDueScenario } from './access-scenario.ts'
import { rotationOf } from './expectations.ts'

it('an undo that can not delete the new one says so, and the next run does it', async () => {
  const world = await createDueScenario()
  const { application } = automationOf(world)
  const before = snapshot(world)
  application.failure = (caller) => (caller === before.pairs[0]!.clientId ? undefined : 'server-error')
  world.sandbox.faults.add({
    match: { operation: ACCESS_CALLS.deleteToken, count: Infinity },
    when: 'before',
    answer: { status: 503 }
  })
  const run = await world.run()
  expect(run.record.outcome).toBe('failed')
  expect(rotationOf(run).left.join()).toContain('could not be discarded')
  expectAutomationWorks(world)

  application.failure = undefined
  world.sandbox.faults.clear()
  world.clock.advance(DAY)
  expectReplaced(world, await world.run())
})
