import { expect, it } from '@jest/globals'
import { DAY } from './access-calls.ts'
import { credentialOf, expectAutomationWorks, expectReplaced, tokenOf } from './access-expectations.ts'
import { pairsOf } from './access-invariants.ts'
import { createTwoSlotStory } from './access-story.ts'

it('a PRIMARY that is dead is replaced while SECONDARY carries', async () => {
  const world = createTwoSlotStory()
  await world.run()
  const [primary, secondary] = pairsOf(world)
  world.sandbox.cloudflare.access.serviceTokens.update(tokenOf(world, primary!), { enabled: false })
  world.clock.advance(DAY)
  const run = await world.run()

  expect(run.record.outcome).toBe('rotated')
  expectAutomationWorks(world)
  expect(pairsOf(world)[1]).toMatchObject({ clientSecret: secondary!.clientSecret })
  const dead = tokenOf(world, primary!)
  expect(credentialOf(run).kept).toEqual([])

  world.clock.advance(31 * DAY)
  expectReplaced(world, await world.run())
  expect(dead.deletedAt).toBeDefined()
})
