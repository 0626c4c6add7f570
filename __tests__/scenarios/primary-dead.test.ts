import { expect, it } from '@jest/globals'
import { expectSlotsWork, rotationOf } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { CREDENTIALS, slotsNow } from './state.ts'

it('replaces a revoked PRIMARY with the help of SECONDARY, which stays', async () => {
  const world = await createRotatedScenario()
  const { tokens } = world.sandbox.cloudflare
  const [before] = slotsNow(world)
  for (const name of CREDENTIALS) tokens.delete(tokens.findByValue(before![`PRIMARY_${name}`]!)!.id)
  const run = await world.run()

  expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
    outcome: 'rotated',
    error: null
  })
  expectSlotsWork(world)
  const [now] = slotsNow(world)
  for (const name of CREDENTIALS) {
    expect(now![`SECONDARY_${name}`]).toBe(before![`SECONDARY_${name}`])
    expect(now![`PRIMARY_${name}`]).not.toBe(before![`PRIMARY_${name}`])
  }
})

it('replaces an expired PRIMARY with the help of SECONDARY, which stays', async () => {
  const world = await createRotatedScenario()
  const { tokens } = world.sandbox.cloudflare
  const [before] = slotsNow(world)
  tokens.findByValue(before!['PRIMARY_SECRET_EDIT_TOKEN']!)!.expiresOn = world.clock.now() - 1
  const run = await world.run()
  expect(run.record.outcome).toBe('rotated')
  expectSlotsWork(world)
  expect(slotsNow(world)[0]!['SECONDARY_SECRET_EDIT_TOKEN']).toBe(before!['SECONDARY_SECRET_EDIT_TOKEN'])
})
