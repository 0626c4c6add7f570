import { expect, it } from '@jest/globals'
import { automationOf } from '../../simulation/world.ts'
import { accessService, createRotatedScenario, createScenario } from './scenario.ts'
import { primaryPair, tokenOf } from './state.ts'

it('restores the name of a token when its rotation is undone', async () => {
  for (const world of [createScenario(accessService), await createRotatedScenario(accessService)]) {
    const old = tokenOf(world, primaryPair(world))
    const { name } = old
    automationOf(world).application.failure = () => (old.enabled.current ? undefined : 'access_required')
    await world.run()
    expect(old.name).toBe(name)
  }
})
