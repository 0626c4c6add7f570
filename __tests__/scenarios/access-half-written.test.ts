import { describe, expect, it } from '@jest/globals'
import { ACCESS_BY_COMMANDS } from '../../simulation/configurations.ts'
import { isAccessCall } from '../../simulation/calls.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { LEASE } from '../../simulation/times.ts'
import { type World, automationOf } from '../../simulation/world.ts'
import { expectRepaired, expectRotated, rotationOf } from './expectations.ts'
import { accessService, createRotatedScenario, createScenario, type Scenario } from './scenario.ts'
import { isMixed, primaryPair } from './state.ts'

type Field = 'CLIENT_ID' | 'CLIENT_SECRET'

/** The process dies when of the two secrets only this one has been written. */
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

async function runToDeath(world: Scenario, written: Field, options: Parameters<Scenario['run']>[0] = {}) {
  const revive = dieBetweenWrites(world, written)
  const run = await world.run(options)
  revive()
  expect(isMixed(world, primaryPair(world))).toBe(true)
  return run
}

it.each(['CLIENT_ID', 'CLIENT_SECRET'] as const)(
  'repairs a pair without an http probe when the run was killed after it had written %s alone',
  async (written) => {
    const configuration = ACCESS_BY_COMMANDS
    const world = await createRotatedScenario({ ...accessService, configuration })
    await runToDeath(world, written)
    world.clock.advance(LEASE)
    expectRotated(world, await world.run())
  }
)

describe.each(['CLIENT_ID', 'CLIENT_SECRET'] as const)(
  'process killed when it had written %s alone',
  (written) => {
    it('repairs a half-written pair in the next run although it is not due', async () => {
      const world = await createRotatedScenario(accessService)
      await runToDeath(world, written)
      world.clock.advance(LEASE)
      const run = await world.run()
      await expectRepaired(world, run, () => world.run())
      expect(rotationOf(run).reason.join()).not.toContain('interval')
    })

    it('repairs a half-written pair of the first rotation and leaves nothing behind', async () => {
      const world = createScenario(accessService)
      await runToDeath(world, written)
      world.clock.advance(LEASE)
      await expectRepaired(world, await world.run(), () => world.run())
      expect(automationOf(world).serviceToken.deletedAt).toBeDefined()
    })

    it('repairs a half-written pair in post of the same job without waiting for its own lock', async () => {
      const world = await createRotatedScenario(accessService)
      const job = { env: world.environment(), nonce: 'the job' }
      const { runId } = await runToDeath(world, written, job)
      expectRotated(world, await world.run({ ...job, runId }))
    })
  }
)
