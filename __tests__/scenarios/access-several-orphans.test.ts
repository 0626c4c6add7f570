import { expect, it } from '@jest/globals'
import { isProbe } from '../../simulation/calls.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { DAY, LEASE } from '../../simulation/times.ts'
import { accessService, createScenario } from './scenario.ts'
import { aliveTokens, snapshot } from './state.ts'

it('removes several orphans from the rules that name them', async () => {
  const world = createScenario(accessService)
  await world.run()
  world.clock.advance(DAY)
  const before = snapshot(world)
  for (let death = 0; death < 3; death++) {
    const revive = crashDuring(world, { at: isProbe, nth: 3, when: 'before' })
    await world.run({ force: true })
    revive()
    // The lease that the killed run left would make the next one wait.
    world.account.namespace.keys.forEach((key) => world.account.namespace.delete(key))
    // Workers KV takes one write per key and second.
    world.clock.advance(2_000)
  }
  expect(aliveTokens(world).length).toBeGreaterThan(2)
  world.clock.advance(LEASE)
  await world.run()
  expect(snapshot(world)).toEqual(before)
})
