import { expect, it } from '@jest/globals'
import { TWO_SLOTS, configurationWith } from '../../simulation/configurations.ts'
import { DAY } from '../../simulation/times.ts'
import { createTwoSlotScenario } from './access-scenario.ts'

it('strategy rotate with two slots is not due when the grace of its previous secret has ended', async () => {
  const configuration = configurationWith(TWO_SLOTS, [
    'type: access-service-token\n',
    'type: access-service-token\n        strategy: rotate\n'
  ])
  const world = createTwoSlotScenario({ configuration })
  expect((await world.run()).record.outcome).toBe('rotated')
  for (let day = 1; day < 5; day++) {
    world.clock.advance(DAY)
    expect((await world.run()).record.outcome).toBe('not-due')
  }
})
