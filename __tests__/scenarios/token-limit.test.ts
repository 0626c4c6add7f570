import { describe, expect, it } from '@jest/globals'
import { expectRolledBack, expectRotated, failureOf, rotationOf } from './expectations.ts'
import { accessService, createScenario, type Scenario } from './scenario.ts'

function fillWithTokens(world: Scenario, count: number, ttlMs?: number): void {
  const { tokens } = world.sandbox.cloudflare
  tokens.limit = Math.max(tokens.limit, count)
  while (tokens.existing.length < count) {
    const name = `other ${tokens.existing.length}`
    tokens.seed({ name, groups: ['Zone Read'], ...(ttlMs === undefined ? {} : { ttlMs }) })
  }
}

describe('account with more than the default limits', () => {
  it('rotates with 620 API tokens where the limit was raised', async () => {
    const world = createScenario()
    fillWithTokens(world, 620)
    world.sandbox.cloudflare.tokens.limit = 1_000
    const run = await world.run()
    expectRotated(world, run)
    expect(rotationOf(run).warnings).toEqual([])
  })

  it('rotates with 57 service tokens where the limit was raised', async () => {
    const world = createScenario(accessService)
    const { serviceTokens } = world.sandbox.cloudflare.access
    serviceTokens.limit = 100
    const others = Array.from({ length: 56 }, (_, at) => serviceTokens.create({ name: `other ${at}` }))
    const run = await world.run()
    for (const other of others) serviceTokens.delete(other)
    expectRotated(world, run)
    expect(rotationOf(run).warnings).toEqual([])
  })

  it('rolls back where the limit was not raised, since the creation decides', async () => {
    const world = createScenario()
    fillWithTokens(world, 500)
    const run = await world.run()
    expectRolledBack(world, run)
    expect(failureOf(run).message).toContain('limit of API tokens')
    expect(rotationOf(run).warnings.join()).toContain('502 API tokens')
  })
})

it('does not count expired tokens', async () => {
  const world = createScenario()
  fillWithTokens(world, 500, 1_000)
  world.clock.advance(2_000)
  const run = await world.run()
  expect(run.record.outcome).toBe('rotated')
  expect(rotationOf(run).warnings).toEqual([])
})
