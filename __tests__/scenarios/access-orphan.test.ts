import { describe, expect, it } from '@jest/globals'
import { isAccessCall, isProbe } from '../../simulation/calls.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { DAY, LEASE } from '../../simulation/times.ts'
import { credentialOf, expectRotated } from './expectations.ts'
import { accessService, createRotatedScenario, createScenario } from './scenario.ts'
import { aliveTokens, primaryPair, rulesInOrder, rulesNow, snapshot, tokenOf } from './state.ts'

const DEATHS = [
  ['created', { at: isAccessCall('createToken'), when: 'after' }],
  ['admitted it by one rule', { at: isAccessCall('editPolicy'), when: 'after' }],
  ['admitted it by every rule', { at: isProbe, nth: 3, when: 'before' }]
] as const

describe.each(DEATHS)('a run that died when it had %s', (_moment, death) => {
  it('removes an orphan from the rules and deletes it in a run that is not due', async () => {
    const world = createScenario(accessService)
    await world.run()
    world.clock.advance(DAY)
    const before = snapshot(world)
    const revive = crashDuring(world, death)
    await world.run({ force: true })
    revive()
    expect(aliveTokens(world)).toHaveLength(2)

    world.clock.advance(LEASE)
    const run = await world.run()
    expect(run.record.outcome).toBe('not-due')
    expect(snapshot(world)).toEqual(before)
    expect(credentialOf(run).revoked).toMatchObject([{ reason: 'orphan' }])
  })

  it('removes an orphan from the rules and deletes it in a run that is due', async () => {
    const world = await createRotatedScenario(accessService)
    const before = rulesNow(world)
    const old = tokenOf(world, primaryPair(world))
    const revive = crashDuring(world, death)
    await world.run()
    revive()
    world.clock.advance(LEASE)
    expectRotated(world, await world.run())
    expect(rulesNow(world)).toBe(
      rulesInOrder(before.replaceAll(old.id, tokenOf(world, primaryPair(world)).id))
    )
  })
})
