import { expect, it } from '@jest/globals'
import { CALLS, isCall } from '../../simulation/calls.ts'
import { MONTHLY } from '../../simulation/configurations.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { DAY, HOUR, LEASE } from '../../simulation/times.ts'
import { expectRotated } from './expectations.ts'
import { createRotatedScenario, createScenario } from './scenario.ts'

it('revokes SECONDARY on time although daily runs that were not due used it', async () => {
  const world = createScenario({ ttlMs: 90 * DAY })
  await world.run({ configuration: MONTHLY })
  world.clock.advance(HOUR)
  await world.run({ configuration: MONTHLY, force: true })
  let run = await world.run({ configuration: MONTHLY })
  for (let day = 0; day < 31 && run.record.outcome === 'not-due'; day++) {
    world.clock.advance(DAY)
    run = await world.run({ configuration: MONTHLY })
  }
  expectRotated(world, run)
})

it('revokes SECONDARY although a run that was locked used it', async () => {
  const world = await createRotatedScenario()
  const held = {
    owner: '1.1/gone',
    run: 'https://github.com/octo-org/ops/actions/runs/1',
    expires: world.clock.now() + LEASE
  }
  world.account.namespace.write('rotate/bootstrap', {
    value: JSON.stringify(held),
    expirationTtlSeconds: 3_600
  })
  await world.run()
  world.clock.advance(LEASE + 1)
  expectRotated(world, await world.run())
})

it('revokes SECONDARY although a run that was killed used it', async () => {
  const world = await createRotatedScenario()
  const restart = crashDuring(world, { at: isCall('createToken'), nth: 2, when: 'after' })
  await world.run()
  restart()
  world.clock.advance(LEASE)
  expectRotated(world, await world.run())
})

it('keeps a SECONDARY that a consumer used although the run verified it before it read the list', async () => {
  const world = await createRotatedScenario()
  const { SECONDARY_TOKEN_CREATION_TOKEN: value } = world.environment()
  world.clock.advance(HOUR)
  await world.sandbox.fetch(
    `https://api.cloudflare.com/client/v4/accounts/${world.account.accountId}/tokens/verify`,
    { headers: { authorization: `Bearer ${value}` } }
  )
  world.clock.advance(HOUR)
  world.sandbox.faults.add({
    match: { operation: CALLS.listTokens },
    when: 'before',
    answer: { rateLimit: 2 }
  })
  await world.run()
  expect(world.sandbox.cloudflare.tokens.works(value!)).toBe(true)
})
