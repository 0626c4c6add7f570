import { JITTER_MS } from './decide.ts'
import type { Block, BlockCause, RunState, ScheduleState } from './state.ts'

/** What a request to GitHub showed. */
export type ScheduleEvent =
  /** A start was accepted; without its id where GitHub does not tell. */
  | { readonly kind: 'accepted'; readonly runId: number | null }
  | { readonly kind: 'seen'; readonly run: RunState }
  /** No such run. */
  | { readonly kind: 'unseen' }
  | { readonly kind: 'cancelled' }
  /** The workflow can be started. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly failure: GithubFailure }

/** Failed request. */
export interface GithubFailure {
  readonly cause: BlockCause
  /** For people; without a secret. */
  readonly detail: string
  /** `unknown`: GitHub may have done what was requested. */
  readonly effect: 'none' | 'unknown'
  readonly retryAfterMs: number | null
}

const MINUTE = 60_000
/** Waits before a run that did not end well is started again. */
const RETRY_MS = [2 * MINUTE, 5 * MINUTE, 10 * MINUTE]
/** Waits after failed requests; the last one repeats. */
const BACK_OFF_MS = [MINUTE, 2 * MINUTE, 4 * MINUTE, 5 * MINUTE]
/** Longest wait that GitHub may ask for: a longer one would be missed anyway. */
const LONGEST_BACK_OFF_MS = 60 * MINUTE
/** An accepted start that is no run by then is posted again. */
const LOST_MS = 5 * MINUTE
/** A start whose answer was lost is posted again when no run is listed by then. */
const UNKNOWN_MS = 2 * MINUTE
/** A cancelled run that has not ended by then is given up. */
const CANCEL_MS = 5 * MINUTE
const MOST_RUNS = 10

/** Applies an event to a schedule's state. */
export function note(state: ScheduleState, event: ScheduleEvent, now: number): ScheduleState {
  if (event.kind === 'failed') return block(state, event.failure, now)
  const reached = unblock(state, now)
  switch (event.kind) {
    case 'accepted':
      return { ...reached, phase: { name: 'accepted', since: now, runId: event.runId } }
    case 'seen':
      return see(reached, event.run, now)
    case 'unseen':
      return miss(reached, now)
    case 'cancelled':
    case 'ready':
      return reached
  }
}

/** Ids that {@link ScheduleEvent} `seen` must not name for a search: the runs of earlier starts. */
export function knownRuns(state: ScheduleState): ReadonlySet<number> {
  return new Set(state.runs.map(({ id }) => id))
}

function see(state: ScheduleState, run: RunState, now: number): ScheduleState {
  const runs = [run, ...state.runs.filter(({ id }) => id !== run.id)].slice(0, MOST_RUNS)
  if (run.status !== 'completed') {
    const { phase } = state
    if (phase.name !== 'running')
      return {
        ...state,
        runs,
        phase: { name: 'running', since: run.createdAt, runId: run.id, cancelledAt: null }
      }
    const isGivenUp = phase.cancelledAt !== null && now - phase.cancelledAt > CANCEL_MS
    return isGivenUp ? endBadly({ ...state, runs }, now) : { ...state, runs }
  }
  if (run.conclusion !== 'success') return endBadly({ ...state, runs }, now)
  const lastWell = reportsNothingDone(state.report, run)
    ? state.lastWell
    : Math.max(state.lastWell ?? 0, run.endedAt ?? now)
  return { ...state, runs, failures: 0, lastWell, phase: { name: 'idle' } }
}

/** Whether a run that GitHub calls a success has reported that it found the lock held, or the like: then its report counts. */
function reportsNothingDone(report: ScheduleState['report'], { id }: RunState): boolean {
  return report?.runId === String(id) && report.outcome !== 'planned' && report.outcome !== 'healthy'
}

/** After the last retry, the next interval starts the next run. */
function endBadly(state: ScheduleState, now: number): ScheduleState {
  const wait = RETRY_MS[state.failures]
  const phase =
    wait === undefined
      ? ({ name: 'idle' } as const)
      : ({ name: 'waiting', until: now + wait - JITTER_MS } as const)
  return { ...state, failures: state.failures + 1, phase }
}

function miss(state: ScheduleState, now: number): ScheduleState {
  const { phase } = state
  switch (phase.name) {
    case 'starting': {
      const isLost = phase.adopt || now - phase.since >= UNKNOWN_MS - JITTER_MS
      return isLost ? { ...state, phase: { name: 'waiting', until: now } } : state
    }
    case 'accepted':
      return now - phase.since >= LOST_MS - JITTER_MS
        ? { ...state, phase: { name: 'waiting', until: now } }
        : state
    case 'running':
      // Someone deleted the run: whether it ended well is not known.
      return endBadly(state, now)
    case 'idle':
    case 'waiting':
      return state
  }
}

function block(state: ScheduleState, failure: GithubFailure, now: number): ScheduleState {
  const { cause, detail, effect, retryAfterMs } = failure
  const before = state.block?.cause === cause ? state.block : null
  const failures = (before?.failures ?? 0) + 1
  const wait = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length) - 1] ?? MINUTE
  const asked = Math.min(retryAfterMs ?? 0, LONGEST_BACK_OFF_MS)
  const next: Block = {
    cause,
    detail,
    since: before?.since ?? now,
    until: now + Math.max(wait - JITTER_MS, asked),
    failures
  }
  const { phase } = state
  // Nothing was started, so that the start is due when the block ends.
  const isUndone = phase.name === 'starting' && effect === 'none' && !phase.adopt
  return { ...state, block: next, phase: isUndone ? { name: 'waiting', until: next.until } : phase }
}

function unblock(state: ScheduleState, now: number): ScheduleState {
  if (state.block === null) return { ...state, reachedAt: now }
  // One failure alone must not put off the watchdog.
  const unblockedAt = state.block.failures < 2 ? state.unblockedAt : now
  return { ...state, reachedAt: now, block: null, unblockedAt }
}
