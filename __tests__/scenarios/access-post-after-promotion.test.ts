import { expect, it } from '@jest/globals'
import { isAccessCall } from '../../simulation/calls.ts'
import { dieDuring } from '../../simulation/crash.ts'
import { DAY } from '../../simulation/times.ts'
import { expectAutomationWorks } from './access-expectations.ts'
import { createAccessStory } from './access-scenario.ts'
import type { Story } from './scenario.ts'

/** A story whose first rotation was a day ago, so that the next is far from due. */
async function createRecentStory(): Promise<Story> {
  const world = createAccessStory()
  await world.run()
  world.clock.advance(DAY)
  world.sandbox.transcript.clear()
  return world
}

it.each([
  ['the first rotation', () => Promise.resolve(createAccessStory()), false],
  ['a forced one that was not due', createRecentStory, true]
] as const)(
  'main dies when it has promoted in %s: post, which has the old values, leaves a pair that works',
  async (_kind, create, force) => {
    const world = await create()
    const job = { env: world.environment(), nonce: 'the job', force }
    const revive = dieDuring(world, { at: isAccessCall('listSecrets'), nth: 2, when: 'before' })
    const { runId } = await world.run(job)
    revive()

    const { record } = await world.run({ ...job, force: false, runId })
    expect(record.outcome).toBe('rotated')
    expectAutomationWorks(world)
    expect(world.sandbox.cloudflare.access.serviceTokens.existing).toHaveLength(1)
  }
)
