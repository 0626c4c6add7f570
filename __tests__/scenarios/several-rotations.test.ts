import { describe, expect, it } from '@jest/globals'
import { CALLS } from '../../simulation/calls.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { createScenario } from './scenario.ts'

const REPORTING = `
  - name: reporting
    credentials:
      - name: kv-reader
        type: account-token
        ttl: 24h
        secrets:
          value: { primary: PRIMARY_KV_TOKEN, secondary: SECONDARY_KV_TOKEN }
    destinations:
      - type: github-secret
        repository: octo-org/ops
        environment: rotation
`
const BOTH = BOOTSTRAP + REPORTING

function createTwo() {
  const world = createScenario()
  const reader = world.sandbox.cloudflare.tokens.seed({
    name: 'reader',
    groups: ['Workers KV Storage Read'],
    ttlMs: 86_400_000
  })
  world.account.repository.environment('rotation').put('PRIMARY_KV_TOKEN', reader.value)
  return { world, reader }
}

describe('several rotations of one run', () => {
  it('runs several rotations side by side, each with its own lock, and reads once what both need', async () => {
    const { world } = createTwo()
    const run = await world.run({ configuration: BOTH })
    expect(run.record.rotations.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['bootstrap', 'rotated'],
      ['reporting', 'rotated']
    ])
    const locks = world.sandbox.transcript.calls
      .filter(({ operation }) => operation === CALLS.writeLock)
      .map(({ path }) => /rotate%2F\w+/.exec(path)?.[0])
    expect(locks.sort()).toEqual(['rotate%2Fbootstrap', 'rotate%2Freporting'])
    const early = world.sandbox.transcript.calls.slice(
      0,
      world.sandbox.transcript.calls.findIndex(({ operation }) => operation === CALLS.writeLock)
    )
    // The second is the check that a PRIMARY which was made by hand can do what it is for.
    expect(early.filter(({ operation }) => operation === CALLS.listTokens)).toHaveLength(2)
    expect(early.filter(({ operation }) => operation === CALLS.listSecrets)).toHaveLength(1)
  })

  it('fails each of several rotations by itself, with one alert for the run', async () => {
    const { world, reader } = createTwo()
    reader.disabled = true
    const run = await world.run({ configuration: BOTH })
    expect(run.record.rotations.map(({ outcome }) => outcome)).toEqual(['rotated', 'failed'])
    expect(run.record.outcome).toBe('failed')
    expect(openAlerts(world)).toHaveLength(1)
    expect(openAlerts(world)[0]!.title).toContain('reporting')
    expect(openAlerts(world)[0]!.title).not.toContain('bootstrap')
  })

  it('skips rotations that `only` does not name, and keeps their alerts open', async () => {
    const { world, reader } = createTwo()
    reader.disabled = true
    await world.run({ configuration: BOTH })
    world.clock.advance(3_600_000)
    const run = await world.run({ configuration: BOTH, only: ['bootstrap'] })
    expect(run.record.rotations.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['bootstrap', 'rotated']
    ])
    expect(openAlerts(world)).toHaveLength(1)
  })
})
