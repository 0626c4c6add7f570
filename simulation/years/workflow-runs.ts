import { MINUTE, SECOND } from '../times.ts'
import type { RunState } from '../../coordinator/src/rules/state.ts'
import type { Draws } from './draws.ts'
import { findOutage, type Outage } from './platforms.ts'

/** After this time GitHub ends a job whose machine is lost. */
export const LOST_MS = 10 * MINUTE

/** Run of the workflow at GitHub; times are epoch milliseconds. */
export interface QueuedRun {
  readonly id: number
  readonly createdAt: number
  readonly readyAt: number
  startedAt: number | undefined
  end: { readonly at: number; readonly conclusion: 'success' | 'failure' | 'cancelled' } | undefined
}

/** Runs that are asked about are recent ones. */
const MOST = 50

/** Runs of one workflow in one concurrency group: one works, one waits, and a newer one cancels the one that waits. */
export class WorkflowRuns {
  readonly #draws: Draws
  readonly #outages: readonly Outage[]
  readonly #runs: QueuedRun[] = []
  #waiting: QueuedRun | undefined
  #busyUntil = 0
  #nextId = 1

  constructor(draws: Draws, outages: readonly Outage[]) {
    this.#draws = draws
    this.#outages = outages
  }

  /** Adds a run to the queue. */
  add(at: number): QueuedRun {
    if (this.#waiting !== undefined) this.#waiting.end = { at, conclusion: 'cancelled' }
    const readyAt = at + this.#draws.uniform(5 * SECOND, MINUTE)
    const run: QueuedRun = {
      id: this.#nextId++,
      createdAt: at,
      readyAt,
      startedAt: undefined,
      end: undefined
    }
    this.#runs.unshift(run)
    this.#runs.length = Math.min(this.#runs.length, MOST)
    this.#waiting = run
    return run
  }

  /** Returns when the waiting run starts: not during an outage, and not before the one that works has ended. */
  get nextStart(): number {
    if (this.#waiting === undefined) return Infinity
    const at = Math.max(this.#waiting.readyAt, this.#busyUntil)
    return findOutage(this.#outages, at)?.until ?? at
  }

  /** Takes the waiting run out of the queue. */
  start(at: number): QueuedRun {
    const run = this.#waiting
    if (run === undefined) throw new Error('no run waits')
    this.#waiting = undefined
    run.startedAt = at
    return run
  }

  finish(run: QueuedRun, end: NonNullable<QueuedRun['end']>): void {
    run.end = end
    this.#busyUntil = end.at
  }

  /** Returns a run as GitHub shows it at a time. */
  show(id: number, at: number): RunState | undefined {
    const run = this.#runs.find((one) => one.id === id)
    return run === undefined ? undefined : present(run, at)
  }

  /** Finds the newest run since a time, without those that are known. */
  find({
    since,
    known,
    at
  }: {
    since: number
    known: ReadonlySet<number>
    at: number
  }): RunState | undefined {
    const run = this.#runs.find(({ id, createdAt }) => !known.has(id) && createdAt >= since - 10 * SECOND)
    return run === undefined ? undefined : present(run, at)
  }
}

function present({ id, createdAt, startedAt, end }: QueuedRun, at: number): RunState {
  const isEnded = end !== undefined && end.at <= at
  const working = startedAt !== undefined && startedAt <= at ? 'in_progress' : 'queued'
  return {
    id,
    url: `https://github.com/octo-org/ops/actions/runs/${id}`,
    createdAt,
    status: isEnded ? 'completed' : working,
    conclusion: isEnded ? end.conclusion : null,
    endedAt: isEnded ? end.at : null
  }
}
