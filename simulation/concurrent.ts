import { withD1, withoutLock } from './configurations.ts'
import { openAlerts } from './postconditions.ts'
import { Episode } from './episode.ts'
import { recover, type TrialResult } from './exhaustive.ts'
import type { Violation } from './invariants.ts'
import { DRAWN_KINDS } from './kinds.ts'
import type { Outgoing } from './process.ts'
import { RandomSource, type DrawnOptions } from './random.ts'
import { DAY, MINUTE, SECOND } from './times.ts'

/**
 * What keeps the runs apart: D1 with compare-and-set, which is correct, so that I6 must hold; Workers KV where all runs read at once; Workers KV
 * where no run ever sees another's write; or nothing.
 */
export const LOCK_QUALITIES = ['d1', 'racing', 'faulty', 'none'] as const

/** One of {@link LOCK_QUALITIES}. */
export type LockQuality = (typeof LOCK_QUALITIES)[number]

const FURTHER_RUNS = 4

/** Runs a trial of two or three runs at once, interleaved call by call by a seeded scheduler. */
export async function runConcurrent(
  seed: number,
  { kinds = DRAWN_KINDS, onRun, lock: given }: DrawnOptions & { readonly lock?: LockQuality | undefined } = {}
): Promise<TrialResult> {
  const source = new RandomSource(seed)
  const drawn = source.pick(kinds)
  const drawnLock = source.pick<LockQuality>(LOCK_QUALITIES)
  const lock = given ?? drawnLock
  const change = lock === 'none' ? withoutLock : lock === 'd1' ? withD1 : undefined
  const kind = change === undefined ? drawn : { ...drawn, configuration: change(drawn.configuration) }
  const episode = new Episode(kind, seed, onRun)
  await episode.begin()
  const { world } = episode
  if (lock === 'faulty') world.sandbox.cloudflare.kv.staleReadMs = 365 * DAY
  const force = source.chance(0.5)
  const env = world.environment()
  const writers: { run: number; seq: number }[] = []
  const count = source.pick([2, 2, 3])
  await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const pace = drawPace(source)
      await world.clock.sleep(source.pick([0, 0, 1, SECOND, 20 * SECOND]))
      const { calls } = await episode.run({
        label: `run ${at + 1} of ${count}, lock ${lock}`,
        concurrent: true,
        options: { ...kind.run, force, ...(source.chance(0.5) ? { env } : {}) },
        onSend: (call) => world.clock.sleep(pace(call))
      })
      writers.push(...calls.filter(isWrite).map(({ seq }) => ({ run: at, seq })))
    })
  )
  if (lock === 'd1') episode.violations.push(...findInterleaving(writers))
  const alerts = openAlerts(world).length
  if (alerts > 1) episode.violations.push({ invariant: 'I4', what: `I4: ${alerts} alerts are open` })
  world.sandbox.cloudflare.kv.staleReadMs = 0
  world.clock.advance(2 * MINUTE)
  await recover(episode, FURTHER_RUNS)
  episode.end()
  const { runs, calls, violations, hash } = episode
  const id = `concurrent:${seed}${given === undefined ? '' : `:${given}`}`
  return { id, kind: `${kind.name}, lock ${lock}`, runs, calls, violations, hash }
}

/** Draws how long each call of a run waits before it is sent: some runs are slow, some pause for a while, some for longer than their lease. */
function drawPace(source: RandomSource): (call: Outgoing) => number {
  const base = source.pick([1, 10, 100, 1000])
  const stallAt = source.chance(0.3) ? source.upTo(50) : Infinity
  const stallMs = source.pick([5 * SECOND, MINUTE, 6 * MINUTE])
  return ({ index }) => Math.round(source.random() * base) + (index === stallAt ? stallMs : 0)
}

/** Finds violations of I6: a run writes, then another one, and then the first again. */
function findInterleaving(writers: readonly { run: number; seq: number }[]): readonly Violation[] {
  const order = writers.toSorted((a, b) => a.seq - b.seq).map(({ run }) => run)
  const turns = order.filter((run, at) => run !== order[at - 1])
  return turns.length === new Set(turns).size
    ? []
    : [{ invariant: 'I6', what: `I6: runs wrote in turns (${turns.join(', ')}) under a correct lock` }]
}

/** Whether a call writes to credentials, rules or slots, not to the lock or the alert or in a probe. */
function isWrite({
  api,
  method,
  path,
  applied
}: {
  api: string
  method: string
  path: string
  applied: boolean
}): boolean {
  return (
    applied && method !== 'GET' && api !== 'service' && !/\/storage\/kv\/|\/d1\/|\/issues|\/labels/.test(path)
  )
}
