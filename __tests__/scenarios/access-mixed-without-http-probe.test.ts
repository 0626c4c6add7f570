import { expect, it } from '@jest/globals'
import { ACCESS_BY_COMMANDS } from '../../simulation/configurations.ts'
import { isAccessCall } from '../../simulation/calls.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { DAY, LEASE } from '../../simulation/times.ts'
import { type World } from '../../simulation/world.ts'
import { expectConsumersSafe } from './expectations.ts'
import { accessService, createScenario } from './scenario.ts'
import { isMixed, primaryPair } from './state.ts'

type Field = 'CLIENT_ID' | 'CLIENT_SECRET'

function dieBetweenWrites(world: World, written: Field): () => void {
  const other: Field = written === 'CLIENT_ID' ? 'CLIENT_SECRET' : 'CLIENT_ID'
  const stop = world.sandbox.faults.add({
    match: { method: 'PUT', path: new RegExp(`/secrets/R2_EXPLORER_ACCESS_${other}$`), count: Infinity },
    when: 'before',
    answer: 'drop'
  })
  const revive = crashDuring(world, {
    at: isAccessCall('putSecret', new RegExp(`${written}$`)),
    when: 'after'
  })
  return () => {
    stop()
    revive()
  }
}

it.each(['CLIENT_ID', 'CLIENT_SECRET'] as const)(
  'repairs a pair of which only %s was written in the next run although there is no http probe',
  async (written) => {
    const world = createScenario({ ...accessService, configuration: ACCESS_BY_COMMANDS })
    await world.run()
    world.clock.advance(DAY)
    const revive = dieBetweenWrites(world, written)
    await world.run({ force: true })
    revive()
    expect(isMixed(world, primaryPair(world))).toBe(true)
    world.clock.advance(LEASE)
    await world.run()
    expectConsumersSafe(world)
  }
)
