import { expect, it } from '@jest/globals'
import { ACCESS_CALLS } from '../../simulation/calls.ts'
import { DAY } from '../../simulation/times.ts'
import { automationOf } from '../../simulation/world.ts'
import { expectConsumersSafe, expectRotated, rotationOf } from './expectations.ts'
import { accessService, createRotatedScenario } from './scenario.ts'
import { primaryPair } from './state.ts'

it('reports a new pair that an undo cannot delete, and deletes it in the next run', async () => {
  const world = await createRotatedScenario(accessService)
  const { application } = automationOf(world)
  const { clientId } = primaryPair(world)
  application.failure = (caller) => (caller === clientId ? undefined : 'server-error')
  world.sandbox.faults.add({
    match: { operation: ACCESS_CALLS.deleteToken, count: Infinity },
    when: 'before',
    answer: { status: 503 }
  })
  const run = await world.run()
  expect(run.record.outcome).toBe('failed')
  expect(rotationOf(run).left.join()).toContain('could not be discarded')
  expectConsumersSafe(world)

  application.failure = undefined
  world.sandbox.faults.clear()
  world.clock.advance(DAY)
  expectRotated(world, await world.run())
})
