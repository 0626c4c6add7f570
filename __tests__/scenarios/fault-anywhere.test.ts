import { expect, it } from '@jest/globals'
import { HOUR } from './calls.ts'
import { expectConsumersSafe, expectRecovered, openAlerts } from './expectations.ts'
import { createRotatedStory } from './story.ts'

it.each([
  ['is refused with a server error', { when: 'before', answer: { status: 503 } }],
  ['is carried out but never answered', { when: 'after', answer: 'drop' }]
] as const)(
  'whichever kind of call %s from some moment on, consumers are safe, a failure is alerted once, and the next run recovers',
  async (_how, fault) => {
    const whole = await createRotatedStory({ rotations: 1 })
    await whole.run()
    const kinds = Object.entries(whole.sandbox.transcript.counts())
    expect(kinds.length).toBeGreaterThan(10)

    for (const [operation, count] of kinds) {
      for (let nth = 1; nth <= count; nth++) {
        const world = await createRotatedStory({ rotations: 1 })
        world.sandbox.faults.add({ match: { operation, nth, count: Infinity }, ...fault })
        const { record } = await world.run()
        world.sandbox.faults.clear()

        expectConsumersSafe(world)
        const failed = record.outcome === 'failed' || record.outcome === 'rolled-back'
        const isAlertCall = operation.includes('/issues')
        if (!isAlertCall)
          expect([operation, nth, openAlerts(world).length]).toEqual([operation, nth, failed ? 1 : 0])
        world.clock.advance(HOUR)
        expectRecovered(world, await world.run())
      }
    }
  },
  300_000
)
