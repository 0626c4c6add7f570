import { describe, it } from '@jest/globals'
import { crashDuring } from '../../simulation/crash.ts'
import type { Crash } from '../../simulation/process.ts'
import { LEASE } from '../../simulation/times.ts'
import { expectConsumersSafe, expectRecovered } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'

/** A moment of a run, in words, and the call at which the process dies. */
export type Moment = readonly [string, Crash]

/** Defines the tests of a run whose process dies. */
export function testCrashes(moments: readonly Moment[]): void {
  describe.each(moments)('run whose process died %s', (_moment, death) => {
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
}
