import { describe, expect, it } from '@jest/globals'
import type { FaultAnswer } from '../../sandbox/faults.ts'
import { CALLS } from '../../simulation/calls.ts'
import { HOUR } from '../../simulation/times.ts'
import {
  expectPrimaryUntouched,
  expectRecovered,
  expectRolledBack,
  madeBy,
  rotationOf
} from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

const ANSWERS: readonly (readonly [string, FaultAnswer])[] = [
  ['the connection breaks', 'drop'],
  ['no answer comes', 'hang'],
  ['the answer is a 500', { status: 500 }],
  ['the answer is no JSON', 'garbage'],
  ['the answer is 200 with success: false', 'success-false']
]

describe.each(ANSWERS)('token that was created although %s', (_how, answer) => {
  it('finds a token by its name and deletes it when the answer to its creation is lost', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    world.sandbox.faults.add({ match: { operation: CALLS.createToken }, when: 'after', answer })
    const run = await world.run()

    expect(
      world.sandbox.cloudflare.tokens.all.filter(({ name }) => name.includes(`-${run.runId}.`))
    ).toHaveLength(2)
    expectRolledBack(world, run)
    expectPrimaryUntouched(world, before)
    expect(rotationOf(run).undone.join()).toContain('whose creation was not answered')
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })
})

it('leaves a token that it cannot look up to the next run, and says so in the alert', async () => {
  const world = await createRotatedScenario()
  world.sandbox.faults.add({ match: { operation: CALLS.createToken }, when: 'after', answer: 'drop' })
  const listing = world.sandbox.faults.add({
    match: { operation: CALLS.listTokens, nth: 3, count: Infinity },
    when: 'before',
    answer: { status: 503 }
  })
  const run = await world.run()
  expect(run.record.outcome).toBe('failed')
  expect(rotationOf(run).left.join()).toContain('the next run deletes it')
  expect(madeBy(world, run)).toHaveLength(1)

  listing()
  world.clock.advance(HOUR)
  expectRecovered(world, await world.run())
  expect(madeBy(world, run)).toEqual([])
})
