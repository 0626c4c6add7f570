import { expect, it } from '@jest/globals'
import { automationOf } from '../../simulation/world.ts'
import { credentialOf, primaryPair, tokenOf } from './access-expectations.ts'
import { createAccessScenario } from './access-scenario.ts'

it('the record holds the old and the new client id', async () => {
  const world = createAccessScenario()
  const { serviceToken: old } = automationOf(world)
  const run = await world.run()
  const fresh = tokenOf(world, primaryPair(world))
  expect(credentialOf(run)).toMatchObject({
    old: { clientId: old.clientId },
    new: { clientId: fresh.clientId }
  })
})
