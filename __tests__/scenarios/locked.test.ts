import { expect, it } from '@jest/globals'
import type { WorldRun } from '../../simulation/world.ts'
import { CALLS, LEASE, writesOf } from './calls.ts'
import { expectRotated, openAlerts, rotationOf } from './expectations.ts'
import { createRotatedStory } from './story.ts'

it('a run that finds the lock held says by whom, writes nothing and is no failure', async () => {
  const world = await createRotatedStory()
  let second: WorldRun | undefined
  let writes: number | undefined
  world.sandbox.onCall(async ({ phase, call }) => {
    if (phase !== 'before' || call.operation !== CALLS.createToken || writes !== undefined) return
    writes = writesOf(world).length
    second = await world.run()
    writes = writesOf(world).length - writes
  })
  const first = await world.run()

  expectRotated(world, first)
  expect(second!.record.outcome).toBe('locked')
  expect(writes).toBe(0)
  expect(rotationOf(second!).because.join()).toContain(
    `https://github.com/octo-org/ops/actions/runs/${first.runId}`
  )
  expect(openAlerts(world)).toEqual([])
})

it('a lock whose time has run out holds nobody up', async () => {
  const world = await createRotatedStory()
  const value = {
    owner: '1.1/gone',
    run: 'https://github.com/octo-org/ops/actions/runs/1',
    expires: world.clock.now() + LEASE
  }
  world.account.namespace.write('rotate/bootstrap', {
    value: JSON.stringify(value),
    expirationTtlSeconds: 3_600
  })
  expect((await world.run()).record.outcome).toBe('locked')
  world.clock.advance(LEASE + 1)
  expectRotated(world, await world.run())
})
