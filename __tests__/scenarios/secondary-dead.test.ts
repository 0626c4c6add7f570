import { expect, it } from '@jest/globals'
import { MONTHLY } from '../../simulation/configurations.ts'
import { HOUR } from '../../simulation/times.ts'
import { expectRotated } from './expectations.ts'
import { createRotatedScenario, createScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

it('rotates although SECONDARY is revoked', async () => {
  const world = await createRotatedScenario()
  const { tokens } = world.sandbox.cloudflare
  const [before] = slotsNow(world)
  tokens.delete(tokens.findByValue(before!['SECONDARY_TOKEN_CREATION_TOKEN']!)!.id)
  expectRotated(world, await world.run())
  expect(slotsNow(world)[0]!['SECONDARY_TOKEN_CREATION_TOKEN']).toBe(before!['PRIMARY_TOKEN_CREATION_TOKEN'])
})

it('makes a rotation due when SECONDARY is revoked, since there is no fallback left', async () => {
  const world = createScenario({ ttlMs: 90 * 24 * HOUR })
  await world.run({ configuration: MONTHLY })
  world.clock.advance(HOUR)
  await world.run({ configuration: MONTHLY, force: true })
  world.clock.advance(HOUR)
  const { tokens } = world.sandbox.cloudflare
  tokens.delete(tokens.findByValue(slotsNow(world)[0]!['SECONDARY_SECRET_EDIT_TOKEN']!)!.id)
  expectRotated(world, await world.run({ configuration: MONTHLY }))
})
