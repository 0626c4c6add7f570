import { expect, it } from '@jest/globals'
import { expectNothingWritten, failureOf } from './expectations.ts'
import { createStory } from './story.ts'

it('an account that is full of API tokens is an error before anything is written', async () => {
  const world = createStory()
  const { tokens } = world.sandbox.cloudflare
  while (tokens.existing.length < 500)
    tokens.seed({ name: `other ${tokens.existing.length}`, groups: ['Zone Read'] })
  const run = await world.run()

  expectNothingWritten(world, run)
  expect(failureOf(run).code).toBe('limit-reached')
  expect(failureOf(run).message).toContain('500')
})

it('tokens that expired do not count', async () => {
  const world = createStory()
  const { tokens } = world.sandbox.cloudflare
  while (tokens.existing.length < 500)
    tokens.seed({ name: `other ${tokens.existing.length}`, groups: ['Zone Read'], ttlMs: 1_000 })
  world.clock.advance(2_000)
  expect((await world.run()).record.outcome).toBe('rotated')
})
