import { expect, it } from '@jest/globals'
import { IN_PLACE } from '../../simulation/configurations.ts'
import { DAY, MINUTE } from '../../simulation/times.ts'
import { expectRotated, rotationOf } from './expectations.ts'
import { accessService, accessTwoSlots, createScenario } from './scenario.ts'
import { snapshot } from './state.ts'

it.each([
  ['a single slot', () => createScenario(accessService)],
  ['two slots', () => createScenario(accessTwoSlots)],
  ['strategy rotate', () => createScenario({ ...accessService, configuration: IN_PLACE })]
])('is not due and changes nothing in a second run right after with %s', async (_what, createWorld) => {
  const world = createWorld()
  expectRotated(world, await world.run())
  const before = snapshot(world)
  world.clock.advance(MINUTE)
  world.sandbox.transcript.clear()
  const run = await world.run()

  expect(run.record.outcome).toBe('not-due')
  expect(snapshot(world)).toEqual(before)
  expect(world.sandbox.transcript.calls.filter(({ method, applied }) => method !== 'GET' && applied)).toEqual(
    []
  )
  expect(rotationOf(run).nextDue).toBe('2026-01-31T00:00:00Z')
})

it('is due again when its interval has ended, and not before', async () => {
  const world = createScenario(accessService)
  await world.run()
  world.clock.advance(29 * DAY)
  expect((await world.run()).record.outcome).toBe('not-due')
  world.clock.advance(2 * DAY)
  const run = await world.run()
  expectRotated(world, run)
  expect(rotationOf(run).reason.join()).toContain('The interval of 30d ended')
})
