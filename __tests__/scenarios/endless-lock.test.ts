import { describe, expect, it } from '@jest/globals'
import { configure, withD1 } from '../../simulation/configurations.ts'
import { DAY, HOUR, LEASE, MINUTE } from '../../simulation/times.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { BOOTSTRAP, type World } from '../../simulation/world.ts'
import { expectRotated, failureOf } from './expectations.ts'
import { createRotatedScenario, createScenario } from './scenario.ts'

const RUN = 'https://github.com/octo-org/ops/actions/runs/1'

function hold({ account }: World, entry: object): void {
  account.namespace.write('rotate/bootstrap', {
    value: JSON.stringify({ owner: '1.1/gone', run: RUN, ...entry }),
    expirationTtlSeconds: undefined
  })
}

describe('lock that never expires', () => {
  it.each([
    ['an entry without an end', () => ({})],
    ['an end in the year 2100', () => ({ expires: Date.UTC(2100, 0, 1) })],
    ['an end that is no date', () => ({ expires: 9e15 })],
    ['an end later than its own time to live', (now: number) => ({ expires: now + HOUR, ttl: LEASE })]
  ])('takes a lock in Workers KV that never expires: %s', async (_what, entry) => {
    const world = await createRotatedScenario()
    hold(world, entry(world.clock.now()))
    const run = await world.run()
    expectRotated(world, run)
    expect(run.log.join('\n')).toContain('counts as free')
  })

  it('takes a lock in D1 that never expires', async () => {
    const configuration = withD1(BOOTSTRAP)
    const world = createScenario()
    await world.run({ configuration })
    world.account.database.run(
      `UPDATE rotate_locks SET owner = '1.1/gone', run = '${RUN}', expires_at = 4102444800`
    )
    world.clock.advance(HOUR)
    expectRotated(world, await world.run({ configuration }))
  })
})

describe('a lock that another run holds', () => {
  const configuration = configure(BOOTSTRAP, { rotation: { every: '12h' } })

  it('fails with an alert while another run holds the lock when the slots expire before the next run can be expected', async () => {
    const world = createScenario()
    await world.run({ configuration })
    world.clock.advance(23 * HOUR + 59 * MINUTE)
    for (const token of world.sandbox.cloudflare.tokens.existing)
      if (token.name.includes('by hand')) token.expiresOn = world.clock.now() + MINUTE
    hold(world, { expires: world.clock.now() + 2 * HOUR })
    const run = await world.run({ configuration })
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run).code).toBe('locked-out')
    expect(failureOf(run).message).toContain(RUN)
    expect(failureOf(run).hint).toContain('rotate/bootstrap')
    expect(openAlerts(world)).toHaveLength(1)
  })

  it('does not fail while another run holds the lock when the slots last', async () => {
    const world = createScenario({ ttlMs: 90 * DAY })
    await world.run({ configuration })
    world.clock.advance(13 * HOUR)
    hold(world, { expires: world.clock.now() + 4 * MINUTE })
    const run = await world.run({ configuration })
    expect(run.record.outcome).toBe('locked')
    expect(openAlerts(world)).toEqual([])
  })
})
