import { expect, it } from '@jest/globals'
import { expectAutomationWorks } from './access-expectations.ts'
import { createAccessStory, createDueStory } from './access-story.ts'
import { dieDuring, LEASE } from './calls.ts'

/** The first rotation takes over a pair made by hand; a later one replaces what a run of ours made. */
const KINDS = {
  'the first rotation': () => Promise.resolve(createAccessStory()),
  'a later rotation': () => createDueStory()
} as const

it.each(
  (['the first rotation', 'a later rotation'] as const).flatMap((kind) =>
    (['before', 'after'] as const).map((when) => ({ kind, when }))
  )
)(
  'whichever call of $kind a process dies $when, the runs after it end with a pair that works and nothing left over',
  async ({ kind, when }) => {
    const whole = await KINDS[kind]()
    const begun = whole.sandbox.transcript.length
    await whole.run()
    const calls = whole.sandbox.transcript.length - begun
    expect(calls).toBeGreaterThan(30)

    for (let nth = 1; nth <= calls; nth++) {
      const world = await KINDS[kind]()
      const revive = dieDuring(world, { at: () => true, nth, when })
      await world.run()
      revive()
      for (let run = 0; run < 2; run++) {
        world.clock.advance(LEASE)
        expect({ nth, outcome: (await world.run()).record.outcome }).toEqual({
          nth,
          outcome: expect.stringMatching(/^(rotated|not-due)$/)
        })
      }
      expectAutomationWorks(world)
      const left = world.sandbox.cloudflare.access.serviceTokens.existing.map(({ name }) => name)
      expect({ nth, left }).toEqual({ nth, left: [expect.any(String)] })
    }
  },
  300_000
)
