import { describe, expect, it } from '@jest/globals'
import { gated } from '../../simulation/configurations.ts'
import { commandStoreOf, exited } from '../../simulation/command-stores.ts'
import { expectRolledBack, expectRotated, failureOf, rotationOf } from './expectations.ts'
import { createGatedScenario, GATED } from './rollout-scenario.ts'
import { snapshot } from './state.ts'

const STORE_GATE = { run: 'store see site', env: { SITE: '${SITE_URL}' }, timeout: '1m' }

describe('rollout gate that is a command', () => {
  it('is tried until it passes, without any credential of the rotation', async () => {
    const configuration = gated(GATED, STORE_GATE)
    const world = await createGatedScenario()
    const site = commandStoreOf(world.sandbox, 'site')
    site.answer = () => exited(site.ran.see < 4 ? 1 : 0)
    const env = { ...world.environment(), SITE_URL: 'https://site.example' }
    const run = await world.run({ configuration, env })
    expectRotated(world, run)
    expect(site.ran.see).toBe(4)
    expect(rotationOf(run).rollout).toMatchObject([
      { gate: 'run: store see site', state: 'passed', url: null }
    ])
  })

  it('undoes the rotation when it does not pass in time', async () => {
    const configuration = gated(GATED, STORE_GATE)
    const world = await createGatedScenario()
    const before = snapshot(world)
    commandStoreOf(world.sandbox, 'site').answer = () => exited(3, { stderr: 'old version' })
    const env = { ...world.environment(), SITE_URL: 'https://site.example' }
    const run = await world.run({ configuration, env })
    expectRolledBack(world, run, before)
    expect(failureOf(run)).toMatchObject({ code: 'rollout-failed' })
    expect(failureOf(run).message).toContain('did not pass within 60s')
    expect(failureOf(run).message).toContain('old version')
  })

  it('stops the run before anything is called when a variable of its environment is not set', async () => {
    const world = await createGatedScenario()
    const run = await world.run({ configuration: gated(GATED, STORE_GATE) })
    expect(run.record).toMatchObject({ outcome: 'failed', error: { code: 'missing-value' } })
    expect(run.record.error!.message).toContain('SITE_URL')
  })
})
