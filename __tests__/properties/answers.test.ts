import { beforeAll, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { sealCheaply } from '../../simulation/cheap-sealing.ts'
import { findRecordBreach } from '../../simulation/postconditions.ts'
import { findException } from '../../simulation/exceptions.ts'
import { describeViolation, watchSlots, type Violation } from '../../simulation/invariants.ts'
import { createWorldOf, getKind, type Kind } from '../../simulation/kinds.ts'
import { findLeaks } from '../../simulation/leaks.ts'
import { SimulatedProcess } from '../../simulation/process.ts'
import { HOUR, LEASE } from '../../simulation/times.ts'
import type { World, WorldRun } from '../../simulation/world.ts'
import { bounded } from './bounds.ts'
import { tamper, tampering, type Tampering } from './hostile-answers.ts'

beforeAll(sealCheaply)

/** One answer of a run that is not what the API meant to say. */
interface Tampered {
  /** The how-manieth call of the run it answers, from 1. */
  readonly at: number
  /** How many calls in a row get one. */
  readonly count: number
  /** Whether the API carries the call out. */
  readonly applied: boolean
  readonly tampering: Tampering
}

const tamperAnswer: fc.Arbitrary<Tampered> = fc.record({
  at: fc.integer({ min: 1, max: 60 }),
  count: fc.constantFrom(1, 1, 1, 4, 1000),
  applied: fc.boolean(),
  tampering
})

/** No run may take longer than that, whatever it is told to wait for. */
const LONGEST_MS = 2 * HOUR

/** A refusal: an API that says so of what it carries out can't be dealt with by anybody. */
function isRefused(tampering: Tampering): boolean {
  return (
    tampering.how === 'replace' &&
    tampering.status >= 400 &&
    tampering.status < 500 &&
    tampering.status !== 408
  )
}

/** A run in which some answers are lies, on its process. */
async function runLiedTo(
  world: World,
  kind: Kind,
  { at, count, applied, tampering }: Tampered
): Promise<{
  readonly run: WorldRun
  readonly log: readonly string[]
}> {
  const process = new SimulatedProcess(world.sandbox)
  const { wire } = process
  const { account } = world
  // What the run was told: it can't know any other value to be one.
  const secrets = [
    ...Object.entries(world.environment()).flatMap(([name, value]) =>
      name === 'CLOUDFLARE_API_TOKEN' || new RegExp(`\\b${name}\\b`).test(kind.configuration) ? value : []
    ),
    account.githubToken.value,
    account.githubSecretsToken.value
  ]
  let calls = 0
  const tampered: typeof wire = (fetch) => {
    const honest = wire(fetch)
    return async (input, init) => {
      const call = ++calls
      if (call < at || call >= at + count) return await honest(input, init)
      const isCarriedOut = applied && !(isRefused(tampering) && (init?.method ?? 'GET') !== 'GET')
      const answer = isCarriedOut ? await honest(input, init) : new Response('{}')
      return await tamper(answer, tampering, secrets)
    }
  }
  Object.assign(process, { wire: tampered })
  const log: string[] = []
  const run = await world.run({ ...kind.run, configuration: kind.configuration, process, log })
  return { run, log }
}

/** What is wrong with how a run took the lies that it was told. */
async function findWrong(kind: Kind, tamperAnswer: Tampered): Promise<readonly string[]> {
  const world = createWorldOf(kind, 1)
  const watch = watchSlots(world, kind.configuration)
  watch.begin()
  for (let done = 0; done < kind.before; done++) {
    await world.run({ configuration: kind.configuration })
    world.clock.advance(kind.intervalMs)
  }
  watch.begin()
  const begunAt = world.clock.now()
  const { run, log } = await runLiedTo(world, kind, tamperAnswer)
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
      ...watch.broken.filter((one) => !excused(one)),
      // What the alert failed with is masked where it is printed.
      ...findLeaks(world, { log, run: { ...run, alertError: undefined } }),
      ...findRecordBreach(run)
    ].map(describeViolation)
  ]
}

it.each([
  ['pair-first', 40],
  ['pair-later', 30],
  ['access-first', 25],
  ['two-slots-later', 15],
  ['in-place-first', 10]
])(
  '%s, whatever an API answers: no crash, no hang, no value shown, and no consumer without a credential',
  async (name, runs) => {
    await fc.assert(
      fc.asyncProperty(tamperAnswer, async (one) => {
        expect(await findWrong(getKind(name), one)).toEqual([])
      }),
      bounded(runs)
    )
  },
  bounded(1).numRuns * 60_000
)
