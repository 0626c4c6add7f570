import { expect, it } from '@jest/globals'
import { automationOf } from '../../simulation/world.ts'
import { credentialOf } from './expectations.ts'
import { accessService, createScenario } from './scenario.ts'
import { primaryPair, tokenOf } from './state.ts'

it('records the old and the new client id', async () => {
  const world = createScenario(accessService)
  const { serviceToken: old } = automationOf(world)
  const run = await world.run()
  const fresh = tokenOf(world, primaryPair(world))
  expect(credentialOf(run)).toMatchObject({
    old: { clientId: old.clientId },
    new: { clientId: fresh.clientId }
  })
})
