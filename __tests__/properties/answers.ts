import { beforeAll, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { useFakeSealing } from '../../simulation/fake-sealing.ts'
import { findRecordViolations } from '../../simulation/postconditions.ts'
import { findException } from '../../simulation/exceptions.ts'
import { describeViolation, watchSlots, type Violation } from '../../simulation/invariants.ts'
import { createWorldOf, getKind, type Kind } from '../../simulation/kinds.ts'
import { findLeaks } from '../../simulation/leaks.ts'
import { SimulatedProcess } from '../../simulation/process.ts'
import { HOUR, LEASE } from '../../simulation/times.ts'
import type { World, WorldRun } from '../../simulation/world.ts'
import { bounded, type Share } from './bounds.ts'
import { tamper, tampering, type Tampering } from './hostile-answers.ts'

/** Answers of a run that are replaced or changed. */
interface Tampered {
  /** Number of the first call of the run that is affected, from 1. */
  readonly at: number
  /** Number of consecutive calls that are affected. */
  readonly count: number
  /** True when the API applies the call. */
  readonly applied: boolean
  readonly tampering: Tampering
}

const tampered: fc.Arbitrary<Tampered> = fc.record({
  at: fc.integer({ min: 1, max: 60 }),
  count: fc.constantFrom(1, 1, 1, 4, 1000),
  applied: fc.boolean(),
  tampering
})

/** Longest duration of a run, whatever an answer asks it to wait for. */
const LONGEST_MS = 2 * HOUR

/** True for a refusal. The API must not apply a call that it refuses: no client can handle that. */
function isRefused(tampering: Tampering): boolean {
  return (
    tampering.how === 'replace' &&
    tampering.status >= 400 &&
    tampering.status < 500 &&
    tampering.status !== 408
  )
}

/** Starts a run that gets tampered answers. */
async function runWithTampering(
  world: World,
  kind: Kind,
  { at, count, applied, tampering }: Tampered
): Promise<{
  readonly run: WorldRun
  readonly log: readonly string[]
}> {
  const process = new SimulatedProcess(world.sandbox)
  const { wrapFetch } = process
  const { account } = world
  // The secrets that the run was given; it cannot know any others.
  const secrets = [
    ...Object.entries(world.environment()).flatMap(([name, value]) =>
      name === 'CLOUDFLARE_API_TOKEN' || new RegExp(`\\b${name}\\b`).test(kind.configuration) ? value : []
    ),
    account.githubToken.value,
    account.githubSecretsToken.value
  ]
  let calls = 0
  const tampered: typeof wrapFetch = (fetch) => {
    const realFetch = wrapFetch(fetch)
    return async (input, init) => {
      const call = ++calls
      if (call < at || call >= at + count) return await realFetch(input, init)
      const isCarriedOut = applied && !(isRefused(tampering) && (init?.method ?? 'GET') !== 'GET')
      const answer = isCarriedOut ? await realFetch(input, init) : new Response('{}')
      return await tamper(answer, tampering, secrets)
    }
  }
  Object.assign(process, { wrapFetch: tampered })
  const log: string[] = []
  const run = await world.run({ ...kind.run, configuration: kind.configuration, process, log })
  return { run, log }
}

/** Problems that a run with tampered answers shows. */
async function findProblems(kind: Kind, tampered: Tampered): Promise<readonly string[]> {
  const world = createWorldOf(kind, 1)
  const watch = watchSlots(world, kind.configuration)
  watch.begin()
  for (let done = 0; done < kind.before; done++) {
    await world.run({ configuration: kind.configuration })
    world.clock.advance(kind.intervalMs)
  }
  watch.begin()
  const begunAt = world.clock.now()
  const { run, log } = await runWithTampering(world, kind, tampered)
  const took = world.clock.now() - begunAt
  const { record, alertError } = run
  world.clock.advance(LEASE)
  const next = await world.run({ configuration: kind.configuration })
  const { outcome } = next.record
  const errors = [record.error, alertError, ...record.rotations.map(({ error }) => error)]
  const excused = (violation: Violation): boolean =>
    findException({ kind: kind.name }, violation) !== undefined
  return [
    ...errors.flatMap((error) => (error?.code === 'internal' ? [`internal: ${error.message}`] : [])),
    ...(outcome === 'rotated' || outcome === 'not-due'
      ? []
      : [`the next run ended ${outcome}: ${next.record.rotations[0]?.error?.message}`]),
    ...(took > LONGEST_MS ? [`took ${took / HOUR} h`] : []),
    ...[
      ...watch.violations.filter((one) => !excused(one)),
      // The error of the alert is masked when it is printed.
      ...findLeaks(world, { log, run: { ...run, alertError: undefined } }),
      ...findRecordViolations(run)
    ].map(describeViolation)
  ]
}

/** Defines the tests of runs that get hostile answers. */
export function testAnswers(share: Share): void {
  beforeAll(useFakeSealing)

  it.each([
    ['pair-first', 40],
    ['pair-later', 30],
    ['access-first', 25],
    ['two-slots-later', 15],
    ['in-place-first', 10]
  ])(
    'keeps %s free of crashes, hangs, leaks and consumers without a credential on any API answer',
    async (name, runs) => {
      await fc.assert(
        fc.asyncProperty(tampered, async (one) => {
          expect(await findProblems(getKind(name), one)).toEqual([])
        }),
        bounded(runs, share)
      )
    },
    bounded(1, share).numRuns * 60_000
  )
}
