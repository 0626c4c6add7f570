import { describe, expect, it } from '@jest/globals'
import type { ServiceToken } from '../../sandbox/cloudflare/service-tokens.ts'
import { DAY, HOUR } from '../../simulation/times.ts'
import { credentialOf, expectRotated, rotationOf } from './expectations.ts'
import { accessService, createScenario, type Scenario } from './scenario.ts'
import { aliveTokens, primaryPair, tokenOf } from './state.ts'

/** A scenario that is not due, in which a policy requires a foreign token. */
async function createGuardedScenario() {
  const world = createScenario(accessService)
  const { access } = world.sandbox.cloudflare
  const guard = access.serviceTokens.create({ name: 'door guard' })
  const policy = access.policies.create(
    {
      name: 'Door',
      decision: 'non_identity',
      include: [{ everyone: {} }],
      require: [{ service_token: { token_id: guard.id } }]
    } as never,
    { reusable: true }
  )
  await world.run()
  world.clock.advance(DAY)
  return { world, guard, policy }
}

/** The name that the current token has, with another stamp and run. */
function nameLike(world: Scenario, stampedAt: number, run: string): string {
  const { name } = tokenOf(world, primaryPair(world))
  const stamp = new Date(stampedAt).toISOString().replace(/[-:]|\.\d{3}/g, '')
  return `${name.replace(/[^/]+$/, '')}${stamp}-${run}`
}

const FORGERIES: readonly (readonly [string, (world: Scenario, guard: ServiceToken) => string])[] = [
  ['a leftover of a run long ago', (world) => nameLike(world, Date.UTC(2025, 0, 1), '123.1~old')],
  [
    'a leftover that was made at that moment',
    (world, guard) => nameLike(world, guard.createdAt, '123.1~old')
  ],
  ['one that was adopted', (world, guard) => nameLike(world, guard.createdAt, '0.0~old')],
  ['an orphan of a run that there never was', (world, guard) => nameLike(world, guard.createdAt, '123.1')]
]

describe('token of another owner that was renamed', () => {
  it.each(FORGERIES)(
    'leaves alone a foreign token that was renamed to look like %s',
    async (_what, forge) => {
      const { world, guard, policy } = await createGuardedScenario()
      guard.name = forge(world, guard)
      const before = structuredClone(policy.body.current)
      for (let run = 0; run < 3; run++) {
        await world.run({ force: run === 1 })
        world.clock.advance(HOUR)
      }
      expect(policy.body.current).toEqual(before)
      expect([guard.deletedAt, guard.enabled.current]).toEqual([undefined, true])
    }
  )
})

describe('stamp from the future', () => {
  it.each(['21000101T000000Z-1.1', '99991231T235959Z-1.1', '20991231T235959Z-1.1~old'])(
    'ignores a stamp from the future in the name of another token (%s)',
    async (end) => {
      const world = createScenario(accessService)
      await world.run()
      world.clock.advance(31 * DAY)
      const other = world.sandbox.cloudflare.access.serviceTokens.create({ name: 'other' })
      other.name = tokenOf(world, primaryPair(world)).name.replace(/[^/]+$/, end)
      const run = await world.run()
      expect(run.record.outcome).toBe('rotated')
      expect(other.deletedAt).toBeUndefined()
      const [year] = /\/\d{4}/.exec(credentialOf(run).new!.name) ?? []
      expect(year).toBe('/2026')
      expect(rotationOf(run).nextDue).toMatch(/^2026/)
    }
  )

  it('rotates when due although the name of the current token has a stamp from the future', async () => {
    const world = createScenario(accessService)
    await world.run()
    const current = tokenOf(world, primaryPair(world))
    current.name = current.name.replace(/[^/]+$/, '21000101T000000Z-1.1')
    world.clock.advance(31 * DAY)
    expectRotated(world, await world.run())
    expect(aliveTokens(world)).toHaveLength(1)
  })
})
