import { expect, it } from '@jest/globals'
import { isAccessCall } from '../../simulation/calls.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { DAY } from '../../simulation/times.ts'
import { expectConsumersSafe } from './expectations.ts'
import { accessService, createScenario, type Scenario } from './scenario.ts'

/** A scenario whose first rotation was a day ago, so that the next is far from due. */
async function createRecentScenario(): Promise<Scenario> {
  const world = createScenario(accessService)
  await world.run()
  world.clock.advance(DAY)
  world.sandbox.transcript.clear()
  return world
}

it.each([
  ['the first rotation', () => Promise.resolve(createScenario(accessService)), false],
  ['a forced one that was not due', createRecentScenario, true]
] as const)(
  'leaves a pair that works when main dies after the promotion in %s and post has the old values',
  async (_kind, create, force) => {
    const world = await create()
    const job = { env: world.environment(), nonce: 'the job', force }
    const revive = crashDuring(world, { at: isAccessCall('listSecrets'), nth: 3, when: 'before' })
    const { runId } = await world.run(job)
    revive()

    const { record } = await world.run({ ...job, force: false, runId })
    expect(record.outcome).toBe('rotated')
    expectConsumersSafe(world)
    expect(world.sandbox.cloudflare.access.serviceTokens.existing).toHaveLength(1)
  }
)
