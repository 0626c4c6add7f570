import { describe, expect, it } from '@jest/globals'
import { CALLS } from '../../simulation/calls.ts'
import { expectPrimaryUntouched, expectSlotsWork, failureOf } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'
import { testForeignPages } from './foreign-pages.ts'

testForeignPages({ of: 'an Access service token', one: ['block'], every: ['html-404'] })

describe('PRIMARY refused by another server', () => {
  it.each(['block', 'proxy-401', 'json-401'] as const)(
    'does not take PRIMARY for revoked when another server answers with %s',
    async (page) => {
      const world = await createRotatedScenario()
      const before = slotsNow(world)
      world.sandbox.faults.add({
        match: { operation: CALLS.verifyToken, count: Infinity },
        when: 'before',
        answer: { page }
      })
      const run = await world.run({ force: true })
      expect(run.record.outcome).toBe('failed')
      expect(failureOf(run)).toMatchObject({ code: 'intercepted' })
      expectPrimaryUntouched(world, before)
      expectSlotsWork(world)
    }
  )
})
