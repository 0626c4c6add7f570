import { LOCK_QUALITIES, runConcurrent } from './concurrent.ts'
import { findException } from './exceptions.ts'
import type { RunObserver } from './episode.ts'
import { listCases, runCase, type ExhaustiveCase, type TrialResult } from './exhaustive.ts'
import type { Violation } from './invariants.ts'
import { getKind } from './kinds.ts'
import { runRandom } from './random.ts'

/** Id that replays a trial: `exhaustive:<kind>:<call>:<fault>`, `random:<seed>`, `concurrent:<seed>` or `concurrent:<seed>:<lock>`. */
export type TrialId = string

/** Result of a trial without the violations that exceptions explain. */
export interface Verdict {
  readonly id: TrialId
  readonly mode: 'exhaustive' | 'random' | 'concurrent'
  readonly kind: string
  /** Fault of an exhaustive trial; the mode of any other. */
  readonly fault: string
  readonly runs: number
  readonly calls: number
  /** Hash that identifies the course of the trial. */
  readonly hash: string
  readonly violations: readonly Violation[]
  /** Ids of the exceptions that it met. */
  readonly excused: readonly string[]
}

/** Runs one trial; the same id always gives the same verdict. */
export async function runTrial(id: TrialId, onRun?: RunObserver): Promise<Verdict> {
  const [mode, ...rest] = id.split(':')
  const result = await withTimeout(id, runById(id, onRun))
  const checked = result.violations.map((one) => ({ one, exception: findException(result, one) }))
  return {
    ...result,
    mode: mode as Verdict['mode'],
    fault: mode === 'exhaustive' ? rest[2]! : mode!,
    violations: checked.filter(({ exception }) => exception === undefined).map(({ one }) => one),
    excused: [...new Set(checked.flatMap(({ exception }) => exception?.id ?? []))]
  }
}

async function runById(id: TrialId, onRun?: RunObserver): Promise<TrialResult> {
  const [mode, seed, which] = id.split(':')
  if (mode === 'exhaustive') return await runCase(await findCase(id), onRun)
  if (mode === 'random') return await runRandom(readSeed(seed), { onRun })
  if (mode === 'concurrent') {
    const lock = LOCK_QUALITIES.find((one) => one === which)
    return await runConcurrent(readSeed(seed), { onRun, lock })
  }
  return unknownTrial(id)
}

/** Real time that one trial may take, in milliseconds; a trial takes a fraction of a second, and one that never ends is a violation too. */
const LONGEST_MS = 120_000

async function withTimeout(id: TrialId, running: Promise<TrialResult>): Promise<TrialResult> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<TrialResult>((resolve) => {
    const violations: Violation[] = [{ invariant: 'recovery', what: 'the trial did not end' }]
    timer = setTimeout(() => resolve({ id, kind: '?', runs: 0, calls: 0, violations, hash: '?' }), LONGEST_MS)
  })
  try {
    return await Promise.race([running, late])
  } finally {
    clearTimeout(timer)
  }
}

const cases = new Map<string, Promise<readonly ExhaustiveCase[]>>()

/** Returns the cases of a kind; they are computed once. */
export function casesOf(kind: string): Promise<readonly ExhaustiveCase[]> {
  let found = cases.get(kind)
  if (found === undefined) {
    found = listCases([getKind(kind)])
    cases.set(kind, found)
  }
  return found
}

async function findCase(id: TrialId): Promise<ExhaustiveCase> {
  const found = (await casesOf(id.split(':')[1] ?? '')).find((one) => one.id === id)
  return found ?? unknownTrial(id)
}

function readSeed(text: string | undefined): number {
  const seed = Number(text)
  if (!Number.isInteger(seed) || seed < 0) throw new Error(`${text} is no seed`)
  return seed
}

function unknownTrial(id: string): never {
  throw new Error(`there is no trial ${id}`)
}
