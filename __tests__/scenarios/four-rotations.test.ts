import { expect, it } from '@jest/globals'
import { HOUR } from '../../simulation/times.ts'
import { expectRotated } from './expectations.ts'
import { createScenario } from './scenario.ts'
import { CREDENTIALS, managedTokens, slotsNow } from './state.ts'

it('keeps a new PRIMARY, the previous one in SECONDARY and two managed tokens per credential in four rotations', async () => {
  const world = createScenario({ withStoredSecrets: true })
  for (let rotation = 1; rotation <= 4; rotation++) {
    const [before] = slotsNow(world)
    const run = await world.run()

    expectRotated(world, run)
    const [now] = slotsNow(world)
    for (const name of CREDENTIALS) {
      expect(now![`SECONDARY_${name}`]).toBe(before![`PRIMARY_${name}`])
      expect(now![`PRIMARY_${name}`]).not.toBe(before![`PRIMARY_${name}`])
    }
    for (const credential of ['token-creation', 'secret-edit']) {
      const own = managedTokens(world).filter(({ name }) =>
        name.startsWith(`rotate/4b147bce/bootstrap/${credential}/`)
      )
      expect(own).toHaveLength(Math.min(rotation, 2))
    }
    world.clock.advance(HOUR)
  }
  const { tokenCreation, secretEdit, apiToken } = world.account
  const { tokens } = world.sandbox.cloudflare
  expect([tokenCreation, secretEdit].map(({ value }) => tokens.works(value))).toEqual([false, false])
  expect(tokens.works(apiToken.value)).toBe(true)
  expect(tokens.existing).toHaveLength(5)
})
