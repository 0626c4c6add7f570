import { describe, expect, it } from '@jest/globals'
import { writesOf } from '../../simulation/calls.ts'
import { configure, MONTHLY } from '../../simulation/configurations.ts'
import { HOUR } from '../../simulation/times.ts'
import { expectRotated, rotationOf } from './expectations.ts'
import { createScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

const DAY = 24 * HOUR

describe('rotation with an interval', () => {
  it('writes nothing before the rotation is due', async () => {
    const world = createScenario({ ttlMs: 90 * DAY })
    await world.run({ configuration: MONTHLY })
    const issued = world.clock.now()
    const slots = slotsNow(world)
    world.clock.advance(29 * DAY)
    world.sandbox.transcript.clear()
    const run = await world.run({ configuration: MONTHLY })

    expect(run.record.outcome).toBe('not-due')
    expect(writesOf(world)).toEqual([])
    expect(slotsNow(world)).toEqual(slots)
    expect(Math.abs(Date.parse(rotationOf(run).nextDue!) - (issued + 30 * DAY))).toBeLessThan(5_000)
  })

  it('rotates once the rotation is due', async () => {
    const world = createScenario({ ttlMs: 90 * DAY })
    await world.run({ configuration: MONTHLY })
    world.clock.advance(30 * DAY)
    expectRotated(world, await world.run({ configuration: MONTHLY }))
  })

  it('rotates before it is due when forced', async () => {
    const world = createScenario({ ttlMs: 90 * DAY })
    await world.run({ configuration: MONTHLY })
    world.clock.advance(DAY)
    const run = await world.run({ configuration: MONTHLY, force: true })
    expectRotated(world, run)
    expect(rotationOf(run).reason).toEqual(['The rotation is forced: `force` is true.'])
  })

  it('rotates before it is due when PRIMARY is about to expire', async () => {
    const world = createScenario({ ttlMs: 90 * DAY })
    const short = configure(MONTHLY, { credential: { ttl: '31d' } })
    await world.run({ configuration: short })
    world.clock.advance(22 * DAY)
    expectRotated(world, await world.run({ configuration: short }))
  })

  it('rotates before it is due when another process wrote a slot', async () => {
    const world = createScenario({ ttlMs: 90 * DAY })
    await world.run({ configuration: MONTHLY })
    const secret = [...world.account.store.secrets.values()].find(
      ({ name }) => name === 'PRIMARY_SECRET_EDIT_TOKEN'
    )!
    secret.comment = `rotate ${'0'.repeat(32)} never run 1 home 4b147bce`
    world.clock.advance(DAY)
    expectRotated(world, await world.run({ configuration: MONTHLY }))
  })
})
