import { expect, it } from '@jest/globals'
import { dieDuring, LEASE } from './calls.ts'
import { expectRecovered } from './expectations.ts'
import { createRotatedStory } from './story.ts'

it.each(['before', 'after'] as const)(
  'whichever call a process dies %s, the next run ends with both slots working everywhere',
  async (when) => {
    const whole = await createRotatedStory()
    await whole.run()
    const calls = whole.sandbox.transcript.length
    expect(calls).toBeGreaterThan(20)

    for (let nth = 1; nth <= calls; nth++) {
      const world = await createRotatedStory()
      const revive = dieDuring(world, { at: () => true, nth, when })
      await world.run()
      revive()
      world.clock.advance(LEASE)
      expectRecovered(world, await world.run())
    }
  },
  300_000
)
