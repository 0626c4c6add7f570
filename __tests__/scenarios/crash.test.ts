import { expect, it } from '@jest/globals'
import { isCall } from '../../simulation/calls.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { LEASE } from '../../simulation/times.ts'
import { testCrashes } from './crash.ts'
import { expectRecovered } from './expectations.ts'
import { createRotatedScenario, createScenario } from './scenario.ts'

testCrashes([
  ['after it took the lock', { at: isCall('writeLock'), when: 'after' }],
  ['after it created the first token', { at: isCall('createToken'), when: 'after' }],
  ['when it had written one PRIMARY at GitHub', { at: isCall('putSecret', /PRIMARY/), when: 'after' }],
  ['after it revoked the first of two', { at: isCall('deleteToken'), when: 'after' }]
])

it('repairs a first rotation that was killed between the store and GitHub in the next run', async () => {
  for (const at of [isCall('putSecret', /PRIMARY/), isCall('createStored')]) {
    const world = createScenario()
    const revive = crashDuring(world, { at, when: 'after' })
    await world.run()
    revive()
    world.clock.advance(LEASE)
    expectRecovered(world, await world.run())
  }
})

it('releases in post the lease that a cancelled main left behind', async () => {
  const world = await createRotatedScenario()
  const revive = crashDuring(world, { at: isCall('writeLock'), when: 'after' })
  const { runId } = await world.run({ nonce: 'the job' })
  revive()
  expect(world.account.namespace.keys).toHaveLength(1)

  await world.run({ runId, nonce: 'another job', only: [], reclaim: ['bootstrap'] })
  expect(world.account.namespace.keys).toHaveLength(1)
  await world.run({ runId, nonce: 'the job', only: [], reclaim: ['bootstrap'] })
  expect(world.account.namespace.keys).toEqual([])
})
