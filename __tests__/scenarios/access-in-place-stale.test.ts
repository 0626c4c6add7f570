import { expect, it } from '@jest/globals'
import { IN_PLACE } from '../../simulation/configurations.ts'
import { DAY, MINUTE } from '../../simulation/times.ts'
import { expectConsumersSafe } from './expectations.ts'
import { accessService, createScenario } from './scenario.ts'
import { primaryPair } from './state.ts'

it('recognises that it was queued before a rotation in place although its values name the same service token', async () => {
  const world = createScenario({ ...accessService, configuration: IN_PLACE })
  expect((await world.run()).record.outcome).toBe('rotated')
  world.clock.advance(31 * DAY)
  const queued = world.account.repository.addRun()
  const env = world.environment()
  world.clock.advance(MINUTE)
  expect((await world.run()).record.outcome).toBe('rotated')
  const pair = primaryPair(world)

  const run = await world.run({ env, runId: queued.id, force: true })
  expect(run.record.outcome).toBe('stale')
  expect(primaryPair(world)).toEqual(pair)
  expectConsumersSafe(world)
})
