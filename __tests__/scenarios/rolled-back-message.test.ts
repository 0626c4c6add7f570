import { expect, it } from '@jest/globals'
import { CALLS } from '../../simulation/calls.ts'
import { failureMessage } from '../../src/report/failure-message.ts'
import { expectRolledBack } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

it('says what it left in SECONDARY when a run is rolled back', async () => {
  const world = await createRotatedScenario()
  world.sandbox.faults.add({
    match: { operation: CALLS.createToken, count: Infinity },
    when: 'before',
    answer: { status: 400 }
  })
  const run = await world.run()
  expectRolledBack(world, run)
  const { tokens } = world.sandbox.cloudflare
  const held = slotsNow(world)[1]!['SECONDARY_TOKEN_CREATION_TOKEN']!
  expect(held).toBe(slotsNow(world)[1]!['PRIMARY_TOKEN_CREATION_TOKEN'])
  expect(failureMessage(run.record)).toContain(
    `SECONDARY now holds the same credential as PRIMARY, of token-creation (${tokens.findByValue(held)!.id})`
  )
})
