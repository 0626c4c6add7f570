import { describe, expect, it } from '@jest/globals'
import type { ForeignPage } from '../../sandbox/foreign-pages.ts'
import type { Call } from '../../sandbox/transcript.ts'
import { HOUR } from '../../simulation/times.ts'
import type { WorldRun } from '../../simulation/world.ts'
import { failureOf } from './expectations.ts'
import { accessService, createRotatedScenario, createScenario, type Scenario } from './scenario.ts'

const API_PATH = /^\/(accounts|repos)\//
const SCENARIOS = {
  'the bootstrap tokens': () => createRotatedScenario(),
  'an Access service token': () => Promise.resolve(createScenario(accessService))
} as const

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

/** What is tried of {@link testForeignPages}. */
export interface ForeignPageCases {
  readonly of: keyof typeof SCENARIOS
  /** Pages that answer one read. */
  readonly one: readonly ForeignPage[]
  /** Pages that answer every read of a kind. */
  readonly every: readonly ForeignPage[]
}

/** Defines the tests of a rotation in which something between the runner and the APIs answers a read. */
export function testForeignPages({ of, one, every }: ForeignPageCases): void {
  const createWorld = SCENARIOS[of]
  describe(`foreign pages in a rotation of ${of}`, () => {
    it.each(one)('ends rotated whichever read is answered with the page %s', async (page) => {
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

    it.each(every)(
      'names what answered, or rotates, when every read of a kind is answered with the page %s',
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
}
