import { expect, it } from '@jest/globals'
import { isAccessCall } from './access-calls.ts'
import { expectAutomationWorks } from './access-expectations.ts'
import { createAccessStory, createDueStory } from './access-story.ts'
import { dieDuring } from './calls.ts'

it.each([
  ['the first rotation', () => Promise.resolve(createAccessStory()), false],
  ['a forced one that was not due', () => createDueStory(), true]
] as const)(
  'main dies when it has promoted in %s: post, which has the old values, leaves a pair that works',
  async (_kind, create, force) => {
    const world = await create()
    if (force) world.clock.advance(1_000)
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
