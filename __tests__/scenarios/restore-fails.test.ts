import { expect, it } from '@jest/globals'
import { openAlerts } from '../../simulation/ending.ts'
import { HOUR } from '../../simulation/times.ts'
import { expectConsumersSafe, expectRecovered, expectUnlocked, madeBy, rotationOf } from './expectations.ts'
import { createRotatedStory } from './story.ts'

it('when the old values can not be put back either, the new tokens stay alive, the alert says so, and the next run repairs it', async () => {
  const world = await createRotatedStory()
  world.sandbox.faults.add({
    match: { method: 'PUT', path: '/secrets/PRIMARY_SECRET_EDIT_TOKEN', count: Infinity },
    when: 'after',
    answer: { status: 502 }
  })
  const run = await world.run()

  expect(run.record.outcome).toBe('failed')
  expect(madeBy(world, run)).toHaveLength(2)
  expect(rotationOf(run).left.join('\n')).toContain(`${madeBy(world, run)[0]!.id} stays alive`)
  expectConsumersSafe(world)
  expectUnlocked(world)
  const [alert] = openAlerts(world)
  expect(alert!.title).toMatch(/^Rotation of bootstrap failed: /)
  for (const { id } of madeBy(world, run)) expect(alert!.body).toContain(id)

  world.sandbox.faults.clear()
  world.clock.advance(HOUR)
  expectRecovered(world, await world.run())
})
