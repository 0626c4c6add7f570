import { expect, it } from '@jest/globals'
import { isAccessCall } from '../../simulation/calls.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { DAY, LEASE } from '../../simulation/times.ts'
import { accessService, createScenario } from './scenario.ts'
import { snapshot } from './state.ts'

it('deletes an orphan that its killed run had used in a probe', async () => {
  const world = createScenario(accessService)
  await world.run()
  world.clock.advance(DAY)
  const before = snapshot(world)
  const revive = crashDuring(world, { at: isAccessCall('putSecret'), when: 'before' })
  await world.run({ force: true })
  revive()
  world.clock.advance(LEASE)
  expect((await world.run()).record.outcome).toBe('not-due')
  expect(snapshot(world)).toEqual(before)
})
