import { describe, expect, it } from '@jest/globals'
import { isCall } from '../../simulation/calls.ts'
import { crashDuring } from '../../simulation/crash.ts'
import type { Crash } from '../../simulation/process.ts'
import { LEASE } from '../../simulation/times.ts'
import { expectConsumersSafe, expectRecovered } from './expectations.ts'
import { createRotatedScenario, createScenario } from './scenario.ts'

const MOMENTS: readonly (readonly [string, Crash])[] = [
  ['after it took the lock', { at: isCall('writeLock'), when: 'after' }],
  ['after it wrote SECONDARY at GitHub', { at: isCall('putSecret', /SECONDARY/), nth: 2, when: 'after' }],
  ['after it created the first token', { at: isCall('createToken'), when: 'after' }],
  ['after it created both tokens', { at: isCall('createToken'), nth: 2, when: 'after' }],
  ['while it verified them', { at: isCall('readToken'), nth: 2, when: 'before' }],
  ['when it had written one PRIMARY at GitHub', { at: isCall('putSecret', /PRIMARY/), when: 'after' }],
  [
    'when it had written both PRIMARY at GitHub, none in the store',
    { at: isCall('editStored'), nth: 3, when: 'before' }
  ],
  ['when it had written PRIMARY everywhere', { at: isCall('editStored'), nth: 4, when: 'after' }],
  ['while it confirmed', { at: isCall('listSecrets'), nth: 3, when: 'before' }],
  ['after it revoked the first of two', { at: isCall('deleteToken'), when: 'after' }],
  ['when it released the lock', { at: isCall('deleteLock'), when: 'before' }]
]

describe.each(MOMENTS)('run whose process died %s', (_moment, death) => {
  it('repairs a killed run in the next run after its lease has expired', async () => {
    const world = await createRotatedScenario()
    const revive = crashDuring(world, death)
    await world.run()
    expectConsumersSafe(world)
    revive()

    world.clock.advance(LEASE)
    expectRecovered(world, await world.run())
  })

  it('repairs a killed run in post of the same job without waiting for its own lock', async () => {
    const world = await createRotatedScenario()
    const job = { env: world.environment(), nonce: 'the job' }
    const revive = crashDuring(world, death)
    const { runId } = await world.run(job)
    revive()

    expectRecovered(world, await world.run({ ...job, runId }))
  })
})

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
