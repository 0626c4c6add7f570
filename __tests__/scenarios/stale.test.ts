import { describe, expect, it } from '@jest/globals'
import { writesOf } from '../../simulation/calls.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { HOUR, MINUTE } from '../../simulation/times.ts'
import { expectRotated } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

describe('run queued before the last rotation', () => {
  it('returns stale and changes nothing when its values are from before the last rotation', async () => {
    const world = await createRotatedScenario()
    const queued = world.account.repository.addRun()
    const env = world.environment()
    world.clock.advance(MINUTE)
    expectRotated(world, await world.run())
    world.clock.advance(MINUTE)
    const slots = slotsNow(world)
    world.sandbox.transcript.clear()

    const run = await world.run({ env, runId: queued.id })
    expect(run.record.outcome).toBe('stale')
    expect(writesOf(world)).toEqual([])
    expect(slotsNow(world)).toEqual(slots)
    expect(openAlerts(world)).toEqual([])
  })

  it('returns stale although two rotations followed, so that none of its values works', async () => {
    const world = await createRotatedScenario()
    const queued = world.account.repository.addRun()
    const env = world.environment()
    for (let rotation = 0; rotation < 2; rotation++) {
      world.clock.advance(HOUR)
      expectRotated(world, await world.run())
    }
    const slots = slotsNow(world)
    const run = await world.run({ env, runId: queued.id })
    expect(run.record.outcome).toBe('stale')
    expect(slotsNow(world)).toEqual(slots)
  })

  it('rotates when its values are current although it was queued before the last rotation', async () => {
    const world = await createRotatedScenario()
    const queued = world.account.repository.addRun()
    world.clock.advance(MINUTE)
    expectRotated(world, await world.run())
    world.clock.advance(MINUTE)
    expectRotated(world, await world.run({ runId: queued.id }))
  })
})
