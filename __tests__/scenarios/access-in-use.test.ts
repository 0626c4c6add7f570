import { describe, expect, it } from '@jest/globals'
import { revoking, TWO_SLOTS } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { DAY, HOUR } from '../../simulation/times.ts'
import type { World } from '../../simulation/world.ts'
import { automationOf } from '../../simulation/world.ts'
import { credentialOf, expectConsumersSafe, expectRotated } from './expectations.ts'
import { accessService, accessTwoSlots, createScenario } from './scenario.ts'
import { isAccepted, pairsOf, primaryPair, tokenOf, type Pair } from './state.ts'

/** Some consumer calls the service with a pair. */
async function visit(world: World, { clientId, clientSecret }: Pair): Promise<void> {
  const response = await world.sandbox.fetch(`${automationOf(world).baseUrl}/api/v2/session/info`, {
    headers: { 'CF-Access-Client-Id': clientId, 'CF-Access-Client-Secret': clientSecret }
  })
  expect(response.status).toBe(200)
}

/** A scenario whose old pair remained valid after its replacement, because a workflow run might hold it, and is used an hour later. */
async function createUsedScenario() {
  const world = createScenario(accessService)
  const pair = primaryPair(world)
  const holder = world.account.repository.addRun({ createdAt: world.clock.now() - HOUR })
  await world.run()
  holder.status = 'completed'
  world.clock.advance(HOUR)
  await visit(world, pair)
  world.clock.advance(HOUR)
  return { world, pair, old: automationOf(world).serviceToken }
}

describe('an old pair that is used after its successor was promoted', () => {
  it('keeps an old pair that is used after its successor was promoted, and revokes it once no one uses it', async () => {
    const { world, pair, old } = await createUsedScenario()
    const run = await world.run()
    expect(run.record.outcome).toBe('not-due')
    expect(isAccepted(world, pair)).toBe(true)
    expect(credentialOf(run).kept).toEqual([
      { id: old.id, reason: expect.stringContaining('it was used at 2026-01-01T01:00:0') as unknown }
    ])
    expect(openAlerts(world)).toEqual([])
  })

  it('revokes an old pair that is used when the configuration ignores use', async () => {
    const { world, old } = await createUsedScenario()
    const run = await world.run({ configuration: revoking({ 'in-use': 'ignore' }) })
    expect(run.record.outcome).toBe('not-due')
    expect(old.deletedAt).toBeDefined()
    expectConsumersSafe(world)
  })

  it('keeps an old pair that is used at the moment of its revocation', async () => {
    const world = createScenario(accessService)
    const pair = primaryPair(world)
    const holder = world.account.repository.addRun({ createdAt: world.clock.now() - HOUR })
    await world.run()
    holder.status = 'completed'
    world.clock.advance(HOUR)
    const stop = world.sandbox.onCall(async ({ phase, call }) => {
      if (phase !== 'after' || call.method !== 'PUT' || !call.path.includes('/storage/kv/')) return
      stop()
      world.clock.advance(30_000)
      await visit(world, pair)
    })
    const run = await world.run()
    expect(credentialOf(run).kept).toMatchObject([{ id: automationOf(world).serviceToken.id }])
    expect(isAccepted(world, pair)).toBe(true)
  })
})

describe('pair that falls out of SECONDARY', () => {
  async function createUsedSecondary() {
    const world = createScenario(accessTwoSlots)
    await world.run()
    world.clock.advance(DAY)
    await visit(world, pairsOf(world)[1]!)
    world.clock.advance(30 * DAY)
    return { world, old: tokenOf(world, pairsOf(world)[1]!) }
  }

  it('keeps a pair that falls out of SECONDARY while it is used, and deletes it later', async () => {
    const { world, old } = await createUsedSecondary()
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expect(credentialOf(run).kept).toMatchObject([{ id: old.id }])
    expect(old.deletedAt).toBeUndefined()

    world.clock.advance(31 * DAY)
    expectRotated(world, await world.run())
    expect(old.deletedAt).toBeDefined()
  })

  it('deletes a pair that falls out of SECONDARY although it is used when the configuration ignores use', async () => {
    const { world, old } = await createUsedSecondary()
    expectRotated(world, await world.run({ configuration: revoking({ 'in-use': 'ignore' }, TWO_SLOTS) }))
    expect(old.deletedAt).toBeDefined()
  })

  it('deletes a pair that falls out of SECONDARY where Cloudflare does not return when it was used', async () => {
    const { world, old } = await createUsedSecondary()
    world.sandbox.cloudflare.access.serviceTokens.includesLastSeen = false
    expectRotated(world, await world.run())
    expect(old.deletedAt).toBeDefined()
  })
})
