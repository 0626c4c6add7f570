import { expect, it } from '@jest/globals'
import type { EdgeDelays } from '../../sandbox/cloudflare/access.ts'
import { MINUTE } from '../../simulation/times.ts'
import { alertText, rotationOf } from './expectations.ts'
import { accessService, createRotatedScenario } from './scenario.ts'

async function createSlowScenario(delays: Partial<EdgeDelays>) {
  const world = await createRotatedScenario(accessService)
  Object.assign(world.sandbox.cloudflare.access.delays, delays)
  return world
}

it('does not claim that the old state is restored when the edge takes an hour to notice a revocation', async () => {
  const world = await createSlowScenario({ revocationsMs: 61 * MINUTE })
  const run = await world.run()
  expect(run.record.outcome).toBe('failed')
  expect(rotationOf(run).left).not.toEqual([])
  expect(alertText(world)).not.toContain('PRIMARY is as it was')
})
