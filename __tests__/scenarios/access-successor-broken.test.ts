import { describe, expect, it } from '@jest/globals'
import { automationOf } from '../../simulation/world.ts'
import {
  alertText,
  credentialOf,
  expectRolledBack,
  expectRotated,
  failureOf,
  rotationOf
} from './expectations.ts'
import { accessService, createRotatedScenario } from './scenario.ts'
import { primaryPair, snapshot, tokenOf } from './state.ts'

describe('new pair that stops working when the old one is disabled', () => {
  it('re-enables the old pair, restores values and rules, deletes the new pair and raises an alert', async () => {
    const world = await createRotatedScenario(accessService)
    const before = snapshot(world)
    const old = tokenOf(world, primaryPair(world))
    const { application } = automationOf(world)
    application.failure = () => (old.enabled.current ? undefined : 'access_required')
    const run = await world.run()

    expectRolledBack(world, run, before)
    expect(failureOf(run).message).toMatch(/when the old .* was disabled, its successor stopped working/)
    expect(alertText(world)).toContain('re-enabled')
    const seen = credentialOf(run).probes.filter(({ of }) => of === 'new-after')
    expect(seen).toMatchObject([{ verdict: 'unauthenticated' }])

    application.failure = undefined
    expectRotated(world, await world.run())
  })

  it('restores the old pair to the slot only after the edge accepts it again', async () => {
    const world = await createRotatedScenario(accessService)
    const before = snapshot(world)
    const old = tokenOf(world, primaryPair(world))
    world.sandbox.cloudflare.access.delays.newSecretsMs = 20_000
    automationOf(world).application.failure = () => (old.enabled.current ? undefined : 'access_required')
    expectRolledBack(world, await world.run(), before)
  })

  it('restores the old pair although it is not accepted yet, and records that', async () => {
    const world = await createRotatedScenario(accessService)
    const before = primaryPair(world)
    const { application } = automationOf(world)
    const old = tokenOf(world, before)
    let switchedOff = false
    application.failure = () => {
      switchedOff ||= !old.enabled.current
      return switchedOff ? 'access_required' : undefined
    }
    const run = await world.run()
    expect(run.record.outcome).toBe('rolled-back')
    expect(primaryPair(world)).toEqual(before)
    expect(rotationOf(run).warnings.join('\n')).toContain(`${old.id} was re-enabled and is not accepted yet`)
  })

  it('waits when the new pair stops working for a moment only', async () => {
    const world = await createRotatedScenario(accessService)
    const old = tokenOf(world, primaryPair(world))
    let refusals = 3
    automationOf(world).application.failure = () =>
      old.enabled.current || refusals-- <= 0 ? undefined : 'access_required'
    expectRotated(world, await world.run())
  })
})
