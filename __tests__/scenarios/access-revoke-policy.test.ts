import { describe, expect, it } from '@jest/globals'
import { revoking } from '../../simulation/configurations.ts'
import { DAY } from '../../simulation/times.ts'
import { automationOf } from '../../simulation/world.ts'
import { credentialOf, expectConsumersSafe } from './expectations.ts'
import { accessService, createScenario } from './scenario.ts'
import { isAccepted, primaryPair, rulesInOrder, rulesNow, tokenOf } from './state.ts'

describe('revoke.after: next-rotation with a single slot', () => {
  it('keeps the old pair valid until the next rotation removes and deletes it with revoke.after: next-rotation', async () => {
    const world = createScenario({ ...accessService, configuration: revoking({ after: 'next-rotation' }) })
    const pair = primaryPair(world)
    const { serviceToken: old } = automationOf(world)
    const before = rulesNow(world)
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expect(isAccepted(world, pair)).toBe(true)
    expect(credentialOf(run).kept).toEqual([{ id: old.id, reason: '`revoke.after` is `next-rotation`' }])

    world.clock.advance(DAY)
    const idle = await world.run()
    expect(idle.record.outcome).toBe('not-due')
    expect(isAccepted(world, pair)).toBe(true)
    expect(credentialOf(idle).kept).toMatchObject([{ id: old.id }])

    world.clock.advance(30 * DAY)
    const middle = tokenOf(world, primaryPair(world))
    expect((await world.run()).record.outcome).toBe('rotated')
    expect(old.deletedAt).toBeDefined()
    expect(middle.deletedAt).toBeUndefined()
    expectConsumersSafe(world)
    const fresh = tokenOf(world, primaryPair(world))
    const rule = (id: string) => `{"service_token":{"token_id":"${id}"}}`
    expect(rulesNow(world)).toBe(
      rulesInOrder(before.replaceAll(rule(old.id), `${rule(middle.id)},${rule(fresh.id)}`))
    )
  })
})
