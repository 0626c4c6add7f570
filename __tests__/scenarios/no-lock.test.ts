import { describe, expect, it } from '@jest/globals'
import { withoutLock } from '../../simulation/configurations.ts'
import { HOUR } from '../../simulation/times.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { expectConsumersSafe, expectRecovered, expectRotated } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'

const NO_LOCK = withoutLock(BOOTSTRAP)

it('rotates without a lock and never calls Workers KV', async () => {
  const world = await createRotatedScenario()
  expectRotated(world, await world.run({ configuration: NO_LOCK }))
  expect(world.sandbox.transcript.calls.filter(({ path }) => path.includes('/kv/'))).toEqual([])
})

describe('two runs at once without a lock', () => {
  it.each([0, 1, 2, 3, 5, 8, 13, 21, 34])(
    'leaves every consumer a token that works when a second run begins after %i calls of the first',
    async (head) => {
      const world = await createRotatedScenario()
      world.sandbox.latencyMs = 50
      let begin = (): void => undefined
      const begun = new Promise<void>((resolve) => {
        begin = resolve
      })
      let calls = 0
      world.sandbox.onCall(({ phase }) => {
        if (phase === 'after' && ++calls >= head) begin()
      })
      if (head === 0) begin()
      const env = world.environment()
      const first = world.run({ configuration: NO_LOCK, env })
      await begun
      await Promise.all([first, world.run({ configuration: NO_LOCK, env })])

      expectConsumersSafe(world)
      world.clock.advance(HOUR)
      expectRecovered(world, await world.run({ configuration: NO_LOCK }))
    }
  )
})
