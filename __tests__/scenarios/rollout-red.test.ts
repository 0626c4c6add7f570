import { describe, expect, it } from '@jest/globals'
import { CALLS, isCall, writesOf } from '../../simulation/calls.ts'
import { DEPLOY_GATE, gated, IN_PLACE, TWO_SLOTS } from '../../simulation/configurations.ts'
import { HOUR } from '../../simulation/times.ts'
import { ACCESS } from '../../simulation/world.ts'
import {
  alertText,
  expectPrimaryUntouched,
  expectRecovered,
  expectRolledBack,
  failureOf,
  rotationOf
} from './expectations.ts'
import {
  courseOf,
  createGatedScenario,
  deploymentsOf,
  endDeployments,
  GATED,
  GATED_PAIR,
  GREEN,
  RED
} from './rollout-scenario.ts'
import { accessService, accessTwoSlots, type Scenario } from './scenario.ts'
import { primaryPair, rulesNow, slotsNow, snapshot } from './state.ts'

/** The link to the run of the last deployment. */
function linkOf(world: Scenario): string {
  return `https://github.com/octo-org/ops/actions/runs/${deploymentsOf(world).at(-1)!.id}`
}

function secretWorks(
  { sandbox }: Scenario,
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string }
): boolean {
  return sandbox.cloudflare.access.serviceTokens.works(clientId, clientSecret)
}

describe('rollout gate that does not pass', () => {
  it.each([
    ['red', RED, 'its run ended with `failure`'],
    ['red', { ...RED, conclusion: 'skipped' }, 'its run ended with `skipped`'],
    ['cancelled', { ...RED, conclusion: 'cancelled' }, 'was cancelled'],
    ['late', undefined, 'did not pass within 15m']
  ] as const)('leaves everything as before when it is %s', async (state, ending, message) => {
    const world = await createGatedScenario()
    const before = snapshot(world)
    endDeployments(world, ending)
    const run = await world.run()
    expectRolledBack(world, run, before)
    expect(failureOf(run)).toMatchObject({ code: 'rollout-failed' })
    expect(failureOf(run).message).toContain(message)
    expect(rotationOf(run).rollout).toMatchObject([{ state, url: linkOf(world) }])
    expect(rotationOf(run).credentials.flatMap(({ revoked }) => revoked)).toEqual([])
  })

  it('is named in the alert with its link', async () => {
    const world = await createGatedScenario()
    endDeployments(world, RED)
    await world.run()
    expect(alertText(world)).toContain('a rollout gate did not pass')
    expect(alertText(world)).toContain('workflow deploy.yml of octo-org/ops')
    expect(alertText(world)).toContain(linkOf(world))
  })

  it('counts as unknown when its run cannot be read until its time is up', async () => {
    const world = await createGatedScenario()
    const before = snapshot(world)
    const restore = world.sandbox.faults.add({
      match: { operation: CALLS.readRun, count: Infinity },
      when: 'before',
      answer: { status: 500 }
    })
    const run = await world.run()
    restore()
    expectRolledBack(world, run, before)
    expect(rotationOf(run).rollout).toMatchObject([{ state: 'unknown' }])
  })

  it('is late when GitHub accepts the start and no run ever begins', async () => {
    const world = await createGatedScenario()
    const before = snapshot(world)
    world.account.repository.swallowedDispatches = 1
    const run = await world.run()
    expectRolledBack(world, run, before)
    expect(rotationOf(run).rollout).toMatchObject([{ state: 'late' }])
  })

  it('cancels the run that it no longer waits for', async () => {
    const world = await createGatedScenario()
    endDeployments(world, undefined)
    await world.run()
    expect(deploymentsOf(world).at(-1)).toMatchObject({ status: 'completed', conclusion: 'cancelled' })
  })

  it('passes in the next run, which then revokes everything older', async () => {
    const world = await createGatedScenario()
    endDeployments(world, RED)
    await world.run()
    endDeployments(world, GREEN)
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })

  it('keeps what fell out of SECONDARY where there are two slots, until the gates pass', async () => {
    const world = await createGatedScenario({ configuration: GATED_PAIR, rotations: 2 })
    const before = slotsNow(world)
    endDeployments(world, RED)
    const run = await world.run()
    expectRolledBack(world, run)
    expectPrimaryUntouched(world, before)
    for (const value of Object.values(before[0]!))
      expect(world.sandbox.cloudflare.tokens.works(value)).toBe(true)
    expect(courseOf(world)).not.toContain('disable')
    endDeployments(world, GREEN)
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })

  it.each([
    ['an Access service token', accessService, ACCESS],
    ['an Access service token in two slots', accessTwoSlots, TWO_SLOTS]
  ])('leaves rules, slots and objects of %s as before', async (_what, options, base) => {
    const world = await createGatedScenario({ ...options, configuration: gated(base, DEPLOY_GATE) })
    const before = snapshot(world)
    endDeployments(world, RED)
    const run = await world.run()
    if (options === accessService) expectRolledBack(world, run, before)
    else expectRolledBack(world, run)
    endDeployments(world, GREEN)
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })

  it('leaves the previous secret of an Access service token in the slot that is rotated in place, and rotates again', async () => {
    const configuration = gated(IN_PLACE, DEPLOY_GATE)
    const world = await createGatedScenario({ ...accessService, configuration })
    const before = primaryPair(world)
    const rules = rulesNow(world)
    endDeployments(world, RED)
    const run = await world.run()
    expect(failureOf(run).code).toBe('rollout-failed')
    expect(rotationOf(run).rollout).toMatchObject([{ state: 'red', url: linkOf(world) }])
    expect(rotationOf(run).left.join()).toMatch(/newest secret .* is lost, and the previous one works until/)
    expect(primaryPair(world)).toEqual(before)
    expect(secretWorks(world, before)).toBe(true)
    expect(rulesNow(world)).toBe(rules)
    endDeployments(world, GREEN)
    // A secret that was lost takes the place of the previous one.
    expectRecovered(world, await world.run({ excused: /I1.*\/rotate$/ }))
    expect(primaryPair(world).clientId).toBe(before.clientId)
    expect(secretWorks(world, before)).toBe(false)
  })

  it('does not start the gates that follow it', async () => {
    const configuration = gated(
      GATED,
      { http: { url: 'https://nowhere.example/x', timeout: '30s' } },
      DEPLOY_GATE
    )
    const world = await createGatedScenario({ configuration: GATED })
    const run = await world.run({ configuration })
    expectRolledBack(world, run)
    expect(rotationOf(run).rollout).toMatchObject([
      { gate: 'http: GET https://nowhere.example/x', state: 'late', url: null }
    ])
    expect(writesOf(world).filter(isCall('startWorkflow'))).toEqual([])
  })
})
