import { expect, it } from '@jest/globals'
import { automationOf } from '../../simulation/world.ts'
import { primaryPair, tokenOf } from './access-expectations.ts'
import { createAccessScenario, createDueScenario } from './access-scenario.ts'

it('its name is what it was, too', async () => {
  for (const world of [createAccessScenario(), await createDueScenario()]) {
    const old = tokenOf(world, primaryPair(world))
    const { name } = old
    automationOf(world).application.failure = () => (old.enabled.current ? undefined : 'access_required')
    await world.run()
    expect(old.name).toBe(name)
  }
})
