import { expect, it } from '@jest/globals'
import { CALLS, writesOf } from '../../simulation/calls.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { LEASE } from '../../simulation/times.ts'
import type { WorldRun } from '../../simulation/world.ts'
import { expectRecovered, expectRotated, rotationOf } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

it('returns locked without a failure, and names the other run, while that run is at work', async () => {
  const world = await createRotatedScenario()
  let second: WorldRun | undefined
  const stop = world.sandbox.onCall(async ({ phase, call }) => {
    if (phase !== 'before' || call.operation !== CALLS.createToken) return
    stop()
    second = await world.run()
  })
  const first = await world.run()

  expectRotated(world, first)
  expect(second!.record.outcome).toBe('locked')
  expect(rotationOf(second!).reason.join()).toContain(
    `https://github.com/octo-org/ops/actions/runs/${first.runId}`
  )
  expect(openAlerts(world)).toEqual([])
})

it('writes nothing while the lock is held, until it has expired', async () => {
  const world = await createRotatedScenario()
  const run = 'https://github.com/octo-org/ops/actions/runs/1'
  const held = { owner: '1.1/gone', run, expires: world.clock.now() + LEASE }
  world.account.namespace.write('rotate/bootstrap', {
    value: JSON.stringify(held),
    expirationTtlSeconds: 3_600
  })
  const slots = slotsNow(world)

  expect((await world.run()).record.outcome).toBe('locked')
  expect(writesOf(world)).toEqual([])
  expect(slotsNow(world)).toEqual(slots)

  world.clock.advance(LEASE + 1)
  expectRecovered(world, await world.run())
})
