import { expect, it } from '@jest/globals'
import { openAlerts } from '../../simulation/postconditions.ts'
import { DAY } from '../../simulation/times.ts'
import { automationOf } from '../../simulation/world.ts'
import { alertText, expectRepaired, expectRotated, failureOf, rotationOf } from './expectations.ts'
import { accessService, createRotatedScenario, createScenario, type Scenario } from './scenario.ts'
import { primaryPair, rulesNow, snapshot, tokenOf } from './state.ts'

/** A scenario that is not due for a long time. */
async function createFreshScenario() {
  const world = createScenario(accessService)
  await world.run()
  world.clock.advance(DAY)
  return world
}

const DEATHS: readonly (readonly [string, (world: Scenario) => void, string])[] = [
  [
    'disabled',
    (world) =>
      world.sandbox.cloudflare.access.serviceTokens.update(tokenOf(world, primaryPair(world)), {
        enabled: false
      }),
    'disabled'
  ],
  [
    'given a new secret by hand',
    (world) =>
      world.sandbox.cloudflare.access.serviceTokens.rotate(tokenOf(world, primaryPair(world)), undefined),
    'probe'
  ],
  [
    'refused by the application',
    (world) => automationOf(world).application.refusedClientIds.add(primaryPair(world).clientId),
    'probe'
  ]
]

it('concludes nothing from a list without the token of a pair that its probe accepts', async () => {
  const world = await createFreshScenario()
  const { serviceTokens } = world.sandbox.cloudflare.access
  const before = snapshot(world)
  serviceTokens.unlisted.add(tokenOf(world, primaryPair(world)).id)
  const run = await world.run()
  expect(run.record.outcome).toBe('failed')
  expect(failureOf(run)).toMatchObject({
    code: 'permission',
    message: expect.stringMatching(/no service token .* has this client id, and probe .* accepts/) as unknown
  })
  expect(snapshot(world)).toEqual(before)

  serviceTokens.unlisted.clear()
  expect((await world.run()).record.outcome).toBe('not-due')
})

it.each(DEATHS)(
  'rotates at once when the current pair was %s, and records the reason',
  async (_what, kill, reason) => {
    const world = await createFreshScenario()
    kill(world)
    const run = await world.run()
    if (reason === 'probe') await expectRepaired(world, run, () => world.run())
    else expectRotated(world, run)
    expect(rotationOf(run).reason.join()).toContain('PRIMARY does not work')
    expect(rotationOf(run).reason.join()).toContain(reason)
  }
)

it.each(['server-error', 'timed-out', 'edge-block', 'block-page'] as const)(
  'does not rotate because the service has a problem of its own (%s)',
  async (failure) => {
    const world = await createFreshScenario()
    automationOf(world).application.failure = failure
    expect((await world.run()).record.outcome).toBe('not-due')
  }
)

it('restores everything when the new pair fails the probe too, and explains that the cause lies elsewhere', async () => {
  const world = await createFreshScenario()
  automationOf(world).application.failure = 'token_claim_mismatch'
  const before = snapshot(world)
  const run = await world.run()

  expect(run.record.outcome).toBe('rolled-back')
  expect(snapshot(world)).toEqual(before)
  expect(failureOf(run).message).toContain('token_claim_mismatch')
  expect(alertText(world)).toContain('audience')

  automationOf(world).application.failure = undefined
  world.clock.advance(DAY)
  const next = await world.run()
  expect(next.record.outcome).toBe('not-due')
  expect(openAlerts(world)).toEqual([])
})

it('restores the rules when the probe of a new pair is answered as if no rule named it', async () => {
  const world = await createRotatedScenario(accessService)
  const before = rulesNow(world)
  automationOf(world).application.failure = 'access_required'
  const run = await world.run()
  expect(run.record.outcome).toBe('rolled-back')
  expect(rulesNow(world)).toBe(before)
})
