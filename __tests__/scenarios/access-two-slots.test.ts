import { expect, it } from '@jest/globals'
import { DAY } from '../../simulation/times.ts'
import { automationOf } from '../../simulation/world.ts'
import { credentialOf, expectConsumersSafe, expectRotated } from './expectations.ts'
import { accessTwoSlots, createScenario } from './scenario.ts'
import { isAccepted, pairsOf, rulesInOrder, rulesNow, tokenOf } from './state.ts'

it('keeps the old pair in SECONDARY, enabled and admitted, with two slots', async () => {
  const world = createScenario(accessTwoSlots)
  const { serviceToken: old, clientId, clientSecret } = automationOf(world)
  const run = await world.run()

  expectRotated(world, run)
  const [primary, secondary] = pairsOf(world)
  expect(secondary).toMatchObject({ slot: 'secondary', clientId, clientSecret })
  expect(primary!.clientId).not.toBe(clientId)
  expect(pairsOf(world).map((pair) => isAccepted(world, pair))).toEqual([true, true])
  expect(old.enabled.current).toBe(true)
  expect(credentialOf(run)).toMatchObject({ revoked: [], kept: [] })
})

it('removes and deletes the pair that falls out of SECONDARY at the next rotation', async () => {
  const world = createScenario(accessTwoSlots)
  const { serviceToken: byHand } = automationOf(world)
  const before = rulesNow(world)
  await world.run()
  const [first] = pairsOf(world)
  world.clock.advance(31 * DAY)
  const run = await world.run()

  expectRotated(world, run)
  const [second, previous] = pairsOf(world)
  expect(previous).toMatchObject({ clientId: first!.clientId, clientSecret: first!.clientSecret })
  expect(byHand.deletedAt).toBeDefined()
  expect(credentialOf(run).revoked).toMatchObject([{ id: byHand.id, reason: 'replaced' }])
  const both = [tokenOf(world, previous!).id, tokenOf(world, second!).id]
  const rule = (id: string) => `{"service_token":{"token_id":"${id}"}}`
  expect(rulesNow(world)).toBe(rulesInOrder(before.replaceAll(rule(byHand.id), both.map(rule).join())))
})

it('is not due right after the first rotation with two slots', async () => {
  const world = createScenario(accessTwoSlots)
  await world.run()
  const before = pairsOf(world)
  world.clock.advance(DAY)
  expect((await world.run()).record.outcome).toBe('not-due')
  expect(pairsOf(world)).toEqual(before)
})

it('replaces a PRIMARY pair that was disabled while SECONDARY works', async () => {
  const world = createScenario(accessTwoSlots)
  await world.run()
  const [primary, secondary] = pairsOf(world)
  world.sandbox.cloudflare.access.serviceTokens.update(tokenOf(world, primary!), { enabled: false })
  world.clock.advance(DAY)
  const run = await world.run()

  expect(run.record.outcome).toBe('rotated')
  expectConsumersSafe(world)
  expect(pairsOf(world)[1]).toMatchObject({ clientSecret: secondary!.clientSecret })
  const dead = tokenOf(world, primary!)
  expect(credentialOf(run).kept).toEqual([])
  expect(dead.deletedAt).toBeDefined()
})
