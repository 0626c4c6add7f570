import { Episode, type RunObserver } from './episode.ts'
import { FAULT_KINDS, positionsOf, type FaultKind, type Position } from './fault-kinds.ts'
import type { Violation } from './invariants.ts'
import { KINDS, type Kind } from './kinds.ts'
import { LEASE } from './times.ts'

/** Fault at one call of one kind. */
export interface ExhaustiveCase {
  /** E.g. `exhaustive:pair-later:17:killed-after`. */
  readonly id: string
  readonly kind: Kind
  readonly fault: FaultKind
  readonly position: Position
}

/** Result of a trial. */
export interface TrialResult {
  readonly id: string
  /** Kind of rotation, with further parameters of the trial. */
  readonly kind: string
  /** Of an exhaustive trial: the operation of the faulted call. */
  readonly operation?: string
  readonly fault?: string
  readonly runs: number
  readonly calls: number
  readonly violations: readonly Violation[]
  readonly hash: string
}

/** Most runs that may follow the faulted one until everything is in order. */
const FURTHER_RUNS = 2
const SEED = 1

/** Lists every case of some kinds, or of all, by running each of them once without a fault. */
export async function listCases(kinds: readonly Kind[] = KINDS): Promise<readonly ExhaustiveCase[]> {
  const cases: ExhaustiveCase[] = []
  for (const kind of kinds) {
    const episode = new Episode(kind, SEED)
    await episode.begin()
    kind.disturb?.(episode.world)
    const { calls } = await episode.run({ label: 'whole', options: kind.run ?? {} })
    for (const position of positionsOf(calls)) {
      for (const fault of FAULT_KINDS) {
        if (fault.skips?.(position) === true) continue
        const id = `exhaustive:${kind.name}:${position.index}:${fault.name}`
        cases.push({ id, kind, fault, position })
      }
    }
  }
  return cases
}

/** Runs a case: injects its fault into one call of one run, and lets the next runs recover. */
export async function runCase(
  { id, kind, fault, position }: ExhaustiveCase,
  onRun?: RunObserver
): Promise<TrialResult> {
  const episode = new Episode(kind, SEED, onRun)
  await episode.begin()
  const putInOrder = kind.disturb?.(episode.world)
  const injected = fault.inject(position)
  const { faults } = episode.world.sandbox
  if ('fault' in injected) faults.add(injected.fault)
  await episode.run({
    label: 'faulted',
    options: kind.run ?? {},
    ...('crash' in injected ? { crash: injected.crash } : {})
  })
  faults.clear()
  putInOrder?.()
  await recover(episode, FURTHER_RUNS)
  episode.end()
  const { runs, calls, violations, hash } = episode
  return {
    id,
    kind: kind.name,
    operation: position.operation,
    fault: fault.name,
    runs,
    calls,
    violations,
    hash
  }
}

/** Performs runs without a fault until everything is clean; they must not fail, nor be more than a few. */
export async function recover(episode: Episode, atMost: number): Promise<void> {
  let leftovers: readonly string[] = []
  for (let further = 1; further <= atMost; further++) {
    episode.world.clock.advance(LEASE)
    const { result } = await episode.run({ label: `next ${further}` })
    const outcome = result?.record.outcome
    leftovers = episode.findLeftovers(result)
    if (outcome !== 'rotated' && outcome !== 'not-due')
      leftovers = [...leftovers, `run ${further} after it ended ${outcome}: ${describeFailure(result)}`]
    if (leftovers.length === 0) return
  }
  for (const what of leftovers) {
    episode.violations.push({
      invariant: 'recovery',
      what: `after ${atMost} more runs ${what}`,
      during: 'end'
    })
  }
}

function describeFailure(result: Awaited<ReturnType<Episode['run']>>['result']): string {
  const { record } = result ?? {}
  return (
    (record?.error ?? record?.rotations.find(({ error }) => error !== null)?.error)?.message ??
    'it was killed'
  )
}
