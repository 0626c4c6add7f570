import { expect, it } from '@jest/globals'
import { revoking } from '../../simulation/configurations.ts'
import { DAY } from '../../simulation/times.ts'
import { automationOf } from '../../simulation/world.ts'
import { credentialOf, expectRotated } from './expectations.ts'
import { accessService, createScenario } from './scenario.ts'
import { primaryPair, tokenOf } from './state.ts'

it.each([true, false])(
  'records when a new token expires, whether or not its creation returns it (%s)',
  async (includesExpiry) => {
    const world = createScenario(accessService)
    world.sandbox.cloudflare.access.serviceTokens.includesExpiry = includesExpiry
    const run = await world.run()
    expectRotated(world, run)
    const { expiresAt } = tokenOf(world, primaryPair(world))
    expect(Date.parse(credentialOf(run).new!.expiresAt!)).toBe(Math.floor(expiresAt! / 1_000) * 1_000)
  }
)

it('keeps the expiry of a token that it renames and keeps', async () => {
  const world = createScenario({ ...accessService, configuration: revoking({ after: 'next-rotation' }) })
  const { serviceToken: old } = automationOf(world)
  const { expiresAt } = old
  world.clock.advance(DAY)
  const run = await world.run()
  expect(run.record.outcome).toBe('rotated')
  expect(old.name).toMatch(/~old$/)
  expect(old.deletedAt).toBeUndefined()
  expect(old.expiresAt).toBe(expiresAt)
})
