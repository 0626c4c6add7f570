import { expect, it } from '@jest/globals'
import { isAccessCall } from '../../simulation/calls.ts'
import { dieDuring } from '../../simulation/crash.ts'
import { DAY, LEASE } from '../../simulation/times.ts'
import { takeDown } from './access-expectations.ts'
import { createAccessStory } from './access-scenario.ts'

it('an orphan that its dead run had used in a probe is deleted like any other', async () => {
  const world = createAccessStory()
  await world.run()
  world.clock.advance(DAY)
  const before = takeDown(world)
  const revive = dieDuring(world, { at: isAccessCall('putSecret'), when: 'before' })
  await world.run({ force: true })
  revive()
  world.clock.advance(LEASE)
  expect((await world.run()).record.outcome).toBe('not-due')
  expect(takeDown(world)).toEqual(before)
})
