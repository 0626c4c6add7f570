import { describe, expect, it } from '@jest/globals'
import { writesOf } from '../../simulation/calls.ts'
import { configure } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { HOUR, LEASE } from '../../simulation/times.ts'
import { ACCESS, BOOTSTRAP } from '../../simulation/world.ts'
import { rotationOf } from './expectations.ts'
import { createRotatedScenario, createScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

const PLAN = { command: 'plan' } as const

describe('command: plan', () => {
  it('lists what a rotation would create, write and revoke, and why, and changes nothing', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    const run = await world.run(PLAN)

    expect(run.record.outcome).toBe('planned')
    const { plan, reason } = rotationOf(run)
    expect(reason).toEqual(['No interval is configured: every run rotates.'])
    expect(plan).toMatchObject({ decision: 'rotate', obstacles: [] })
    expect(plan!.create.map(({ credential }) => credential)).toEqual(['token-creation', 'secret-edit'])
    expect(plan!.write).toHaveLength(8)
    const { tokens } = world.sandbox.cloudflare
    const heldBefore = (name: string) => tokens.findByValue(before[0]![name]!)!.id
    expect(
      plan!.write.filter(({ secret }) => secret === 'SECONDARY_SECRET_EDIT_TOKEN').map(({ holds }) => holds)
    ).toEqual([heldBefore('PRIMARY_SECRET_EDIT_TOKEN'), heldBefore('PRIMARY_SECRET_EDIT_TOKEN')])
    expect(new Set(plan!.revoke.map(({ id }) => id))).toEqual(
      new Set([heldBefore('SECONDARY_SECRET_EDIT_TOKEN'), heldBefore('SECONDARY_TOKEN_CREATION_TOKEN')])
    )
    expect(writesOf(world)).toEqual([])
    expect(slotsNow(world)).toEqual(before)
    expect(openAlerts(world)).toEqual([])
  })

  it('plans exactly what a run then does', async () => {
    const world = await createRotatedScenario()
    const { plan } = rotationOf(await world.run(PLAN))
    const { credentials } = rotationOf(await world.run())
    expect(credentials.flatMap(({ revoked }) => revoked.map(({ id }) => id)).sort()).toEqual(
      plan!.revoke.map(({ id }) => id).sort()
    )
  })

  it('says in a plan when the rotation is not due', async () => {
    const world = createScenario()
    const configuration = configure(BOOTSTRAP, { rotation: { every: '12h' } })
    await world.run({ configuration })
    world.clock.advance(HOUR)
    const run = await world.run({ ...PLAN, configuration })
    expect(rotationOf(run).plan).toMatchObject({ decision: 'not-due', create: [], write: [], revoke: [] })
    expect(rotationOf(run).nextDue).not.toBeNull()
  })

  it('names in a plan what would stop the rotation, a lock that is held, and a limit that is reached', async () => {
    const world = createScenario({ access: true })
    const { serviceTokens } = world.sandbox.cloudflare.access
    while (serviceTokens.existing.length < 50)
      serviceTokens.create({ name: `by hand ${serviceTokens.all.length}` })
    const held = { owner: '1.1/other', run: 'https://example.org/run/1', expires: world.clock.now() + LEASE }
    world.account.namespace.write('rotate/share-automation', {
      value: JSON.stringify(held),
      expirationTtlSeconds: 3_600
    })
    const run = await world.run({ ...PLAN, configuration: ACCESS })
    expect(run.record.outcome).toBe('planned')
    const obstacles = rotationOf(run).plan!.obstacles.join('\n')
    expect(rotationOf(run).warnings.join()).toContain('51 service tokens')
    expect(obstacles).toContain('https://example.org/run/1')
  })
})
