import { describe, expect, it } from '@jest/globals'
import type { ForeignPage } from '../../sandbox/foreign-pages.ts'
import type { Call } from '../../sandbox/transcript.ts'
import { CALLS } from '../../simulation/calls.ts'
import { HOUR } from '../../simulation/times.ts'
import type { WorldRun } from '../../simulation/world.ts'
import { createAccessScenario } from './access-scenario.ts'
import { expectBothSlotsWork, expectPrimaryUntouched, failureOf, slotsNow } from './expectations.ts'
import { createRotatedScenario, type Scenario } from './scenario.ts'

/** What stands between the runner and the APIs may answer so to any call. */
const PAGES: readonly ForeignPage[] = [
  ...(['block', 'challenge', 'proxy-401', 'proxy-403', 'proxy-407', 'empty-403'] as const),
  ...(['html-404', 'json-401', 'json-403', 'json-404', 'login-200', 'flood'] as const)
]
const API_PATH = /^\/(accounts|repos)\//
const SCENARIOS = [
  ['the bootstrap tokens', () => createRotatedScenario()],
  ['an Access service token', () => Promise.resolve(createAccessScenario())]
] as const

/** The rotation's next run, an hour later. */
async function rotate(world: Scenario): Promise<WorldRun> {
  world.clock.advance(HOUR)
  world.sandbox.transcript.clear()
  return await world.run({ force: true })
}

/** Reads of the APIs; a probe of the service has rules of its own. */
function readsOf({ sandbox }: Scenario): readonly Call[] {
  return sandbox.transcript.calls.filter(({ method, api }) => method === 'GET' && api !== 'service')
}

describe.each(SCENARIOS)('in a rotation of %s, an answer of something in between', (_what, createWorld) => {
  it.each(PAGES)('to one read changes nothing: %s', async (page) => {
    const world = await createWorld()
    await rotate(world)
    const reads = readsOf(world).length
    expect(reads).toBeGreaterThan(10)
    for (let nth = 1; nth <= reads; nth++) {
      const disarm = world.sandbox.faults.add({
        match: { method: 'GET', path: API_PATH, nth },
        when: 'before',
        answer: { page }
      })
      const run = await rotate(world)
      disarm()
      expect({ nth, outcome: run.record.outcome }).toEqual({ nth, outcome: 'rotated' })
      expect(run.record.warnings.join('\n')).not.toMatch(/was refused|no longer|does not exist/)
    }
  })

  it.each(['block', 'proxy-401', 'html-404', 'empty-403'] as const)(
    'to every read of a kind stops the run with an error that names it, or does no harm: %s',
    async (page) => {
      const world = await createWorld()
      await rotate(world)
      const operations = [...new Set(readsOf(world).map(({ operation }) => operation!))]
      for (const operation of operations) {
        const disarm = world.sandbox.faults.add({
          match: { operation, count: Infinity },
          when: 'before',
          answer: { page }
        })
        const run = await rotate(world)
        disarm()
        const { outcome } = run.record
        expect(['rotated', 'failed', 'rolled-back']).toContain(outcome)
        if (outcome !== 'rotated') {
          const { code, message, hint } = failureOf(run)
          expect({ operation, text: `${code} ${message} ${hint}` }).toEqual({
            operation,
            text: expect.stringMatching(/omething between the runner and/) as unknown
          })
        }
        expect((await rotate(world)).record.outcome).toBe('rotated')
      }
    }
  )
})

describe('PRIMARY that something in between refuses for good', () => {
  it.each(['block', 'proxy-401', 'json-401'] as const)('is not taken for dead: %s', async (page) => {
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
    expectBothSlotsWork(world)
  })
})
