import { describe, expect, it } from '@jest/globals'
import type { EdgeDelays } from '../../sandbox/cloudflare/access.ts'
import { DAY, MINUTE, SECOND } from '../../simulation/times.ts'
import { automationOf } from '../../simulation/world.ts'
import {
  credentialOf,
  expectConsumersSafe,
  expectRolledBack,
  expectRotated,
  failureOf
} from './expectations.ts'
import { accessService, createRotatedScenario } from './scenario.ts'
import { isAccepted, primaryPair, rulesInOrder, rulesNow, snapshot, tokenOf } from './state.ts'

async function createSlowScenario(delays: Partial<EdgeDelays>) {
  const world = await createRotatedScenario(accessService)
  Object.assign(world.sandbox.cloudflare.access.delays, delays)
  return world
}

describe('slow edge', () => {
  it.each([
    ['to know a new token', { newSecretsMs: 45 * SECOND }],
    ['to feel a changed policy', { policiesMs: 45 * SECOND }],
    ['to feel a revocation', { revocationsMs: 100 * SECOND }],
    ['for everything', { newSecretsMs: 30 * SECOND, policiesMs: 40 * SECOND, revocationsMs: 50 * SECOND }]
  ])('waits for an edge that is slow %s', async (_what, delays) => {
    const world = await createSlowScenario(delays)
    const startedAt = world.clock.now()
    const run = await world.run()
    expectRotated(world, run)
    expect(credentialOf(run).probes.find(({ of }) => of === 'old')!.verdict).not.toBe('passed')
    expect(world.clock.now() - startedAt).toBeGreaterThan(40 * SECOND)
  })
})

describe('edge slower than the stated limit', () => {
  it.each([
    ['to know a new token', { newSecretsMs: 10 * MINUTE }],
    ['to feel a changed policy', { policiesMs: 10 * MINUTE }]
  ])('restores everything when the edge takes longer than the limit %s', async (_what, delays) => {
    const world = await createSlowScenario(delays)
    const before = snapshot(world)
    const run = await world.run()
    expectRolledBack(world, run, before)
    expect(failureOf(run).code).toBe('probe-failed')
  })

  it('re-enables the old pair and deletes nothing when its revocation cannot be confirmed in time', async () => {
    const world = await createSlowScenario({ revocationsMs: 61 * MINUTE })
    const before = rulesNow(world)
    const old = tokenOf(world, primaryPair(world))
    const run = await world.run()

    expectConsumersSafe(world)
    expect(old.deletedAt).toBeUndefined()
    expect(old.enabled.current).toBe(true)
    expect(failureOf(run)).toMatchObject({ code: 'not-verified' })
    expect(failureOf(run).message).toContain('its revocation could not be confirmed')
    expect(credentialOf(run).kept).toMatchObject([{ id: old.id }])

    const fresh = tokenOf(world, primaryPair(world))
    expect(fresh.id).not.toBe(old.id)
    const rule = (id: string) => `{"service_token":{"token_id":"${id}"}}`
    expect(rulesNow(world)).toBe(
      rulesInOrder(before.replaceAll(rule(old.id), `${rule(old.id)},${rule(fresh.id)}`))
    )

    world.sandbox.cloudflare.access.delays.revocationsMs = 0
    world.clock.advance(DAY)
    expect((await world.run()).record.outcome).toBe('not-due')
    expect(old.deletedAt).toBeDefined()
  })
})

it('does not delete a pair whose revocation is not confirmed while its rules still admit it', async () => {
  const world = await createSlowScenario({ revocationsMs: 30 * SECOND })
  const pair = primaryPair(world)
  world.sandbox.onCall(({ phase, call }) => {
    if (phase === 'before' && call.method === 'DELETE' && call.path.includes('/service_tokens/'))
      expect(isAccepted(world, pair)).toBe(false)
  })
  expectRotated(world, await world.run())
  expect(automationOf(world).application.policies).toHaveLength(2)
})
