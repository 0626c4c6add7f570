import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { configure } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { DAY } from '../../simulation/times.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { createScenario, type Scenario } from './scenario.ts'

const { 'account-id': accountId } = parse(BOOTSTRAP) as Record<string, unknown>

/** A configuration without rotations and without a lock. */
function watching(...watch: readonly object[]): string {
  return JSON.stringify({ version: 1, 'account-id': accountId, watch })
}

const DEPLOY = watching({ name: 'deploy', token: 'DEPLOY_TOKEN', warn: '14d' })

/** Runs with a token of its own that ends in some days. */
async function run(world: Scenario, days: number | undefined, configuration = DEPLOY) {
  const token = world.sandbox.cloudflare.tokens.seed({
    name: 'deploy',
    groups: ['Workers Scripts Write'],
    ...(days === undefined ? {} : { ttlMs: days * DAY })
  })
  world.sandbox.transcript.clear()
  const { record } = await world.run({
    configuration,
    env: { ...world.environment(), DEPLOY_TOKEN: token.value }
  })
  return { record, token }
}

describe('a watched token', () => {
  it('leaves a run without rotations healthy while its end is far away, and is asked with itself alone', async () => {
    const world = createScenario()
    const { record } = await run(world, 60)
    expect(record.outcome).toBe('healthy')
    expect(record.findings).toEqual([])
    const calls = world.sandbox.transcript.calls.filter(({ api }) => api === 'cloudflare')
    expect(calls.map(({ method, path }) => `${method} ${path.split('/').slice(-2).join('/')}`)).toEqual([
      'GET tokens/verify'
    ])
  })

  it('is healthy when it never ends', async () => {
    expect((await run(createScenario(), undefined)).record.outcome).toBe('healthy')
  })

  it('makes the run unhealthy before its end, with one alert that a later run closes', async () => {
    const world = createScenario()
    const { record } = await run(world, 13)
    expect(record.outcome).toBe('unhealthy')
    expect(record.findings).toEqual([
      expect.objectContaining({ kind: 'expires-soon', on: 'deploy', severity: 'error' })
    ])
    expect(openAlerts(world)).toHaveLength(1)
    await run(world, 13)
    expect(openAlerts(world)).toHaveLength(1)
    expect((await run(world, 60)).record.outcome).toBe('healthy')
    expect(openAlerts(world)).toEqual([])
  })

  it('is reported when it no longer works', async () => {
    const world = createScenario()
    const token = world.sandbox.cloudflare.tokens.seed({ name: 'deploy', groups: ['Workers Scripts Write'] })
    world.sandbox.cloudflare.tokens.delete(token.id)
    const { record } = await world.run({
      configuration: DEPLOY,
      env: { ...world.environment(), DEPLOY_TOKEN: token.value }
    })
    expect(record.findings.map(({ kind }) => kind)).toEqual(['watched-dead'])
    expect(record.outcome).toBe('unhealthy')
  })

  it('is not called dead because of an answer that is not Cloudflare’s own', async () => {
    const world = createScenario()
    world.sandbox.faults.add({
      match: { path: /tokens\/verify$/, count: 99 },
      when: 'before',
      answer: { page: 'block' }
    })
    const { record } = await run(world, 60)
    expect(record.findings).toEqual([expect.objectContaining({ kind: 'no-access', severity: 'warning' })])
    expect(record.outcome).toBe('healthy')
  })

  it('is a finding when its variable is not set', async () => {
    const world = createScenario()
    const { record } = await world.run({ configuration: DEPLOY })
    expect(record.findings).toEqual([
      expect.objectContaining({
        kind: 'missing-value',
        message: expect.stringContaining('DEPLOY_TOKEN') as unknown
      })
    ])
  })
})

describe('a watched date', () => {
  it.each([
    [20, 'healthy', []],
    [9, 'unhealthy', ['expires-soon']],
    [-1, 'unhealthy', ['watched-dead']]
  ] as const)('that is %i days away leaves the run %s', async (days, outcome, kinds) => {
    const world = createScenario()
    const expires = new Date(world.clock.now() + days * DAY).toISOString()
    const configuration = watching({ name: 'app-key', expires, warn: '10d' })
    const { record } = await world.run({ configuration })
    expect(record.outcome).toBe(outcome)
    expect(record.findings.map(({ kind }) => kind)).toEqual(kinds)
  })
})

describe('a watch beside rotations', () => {
  it('makes a run unhealthy although its rotation went well', async () => {
    const world = createScenario()
    const expires = new Date(world.clock.now() + DAY).toISOString()
    const configuration = configure(BOOTSTRAP, { top: { watch: [{ name: 'app-key', expires }] } })
    const { record } = await world.run({ configuration })
    expect(record.rotations.map(({ outcome }) => outcome)).toEqual(['rotated'])
    expect(record.outcome).toBe('unhealthy')
  })
})

describe('a token that only the configuration uses', () => {
  it('is watched by a check', async () => {
    const world = createScenario()
    await world.run()
    const { apiToken } = world.account
    apiToken.expiresOn = world.clock.now() + 3 * DAY
    const { record } = await world.run({ command: 'check' })
    expect(record.findings).toEqual(
      expect.arrayContaining([expect.objectContaining({ kind: 'expires-soon', on: '$CLOUDFLARE_API_TOKEN' })])
    )
  })
})

describe('a configuration without a lock', () => {
  it('rotates, and says once that only the concurrency group keeps runs apart', async () => {
    const world = createScenario()
    const configuration = configure(BOOTSTRAP, { top: { lock: undefined } })
    const run = await world.run({ configuration })
    expect(run.record.outcome).toBe('rotated')
    expect(run.log.filter((line) => line.includes('There is no lock'))).toHaveLength(1)
  })
})
