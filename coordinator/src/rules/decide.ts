import type { Schedule } from '../config/schedules.ts'
import type { ScheduleState } from './state.ts'

/** Request to GitHub for one schedule. */
export type ScheduleAction =
  /** Start a run. */
  | { readonly kind: 'dispatch'; readonly schedule: string }
  /** List the runs that were started since a time. */
  | { readonly kind: 'find'; readonly schedule: string; readonly since: number }
  /** Read a run. */
  | { readonly kind: 'look'; readonly schedule: string; readonly runId: number }
  | { readonly kind: 'cancel'; readonly schedule: string; readonly runId: number }
  /** Read the workflow. */
  | { readonly kind: 'check'; readonly schedule: string }

const MINUTE = 60_000
/** Cron ticks arrive some seconds early or late. */
export const JITTER_MS = 5_000
/** Requests about a run in one minute: one. */
const LOOK_AGAIN_MS = 50_000
/** A workflow that is started rarely is read in between, so that the alarm comes before the start. */
const CHECK_AFTER_MS = 6 * 60 * MINUTE

interface Decision {
  readonly state: ScheduleState
  readonly action?: ScheduleAction
}

/** Decides what to do for a schedule now. The state that it returns must be on disk before the action begins. */
export function decide(schedule: Schedule, state: ScheduleState, now: number): Decision {
  if (state.block !== null && now < state.block.until) return { state }
  const { phase } = state
  const interval = intervalOf(schedule, now)
  const isDue = state.interval === null || interval > state.interval
  switch (phase.name) {
    case 'idle':
      if (state.interval === null) return adopt(schedule, state, now)
      return isDue ? start(schedule, { ...state, failures: 0 }, now) : check(schedule, state, now)
    case 'waiting':
      if (isDue) return start(schedule, { ...state, failures: 0 }, now)
      return now >= phase.until ? start(schedule, state, now) : { state }
    case 'starting':
      return look(state, { now, action: { kind: 'find', schedule: schedule.id, since: phase.since } })
    case 'accepted':
      return look(state, {
        now,
        action:
          phase.runId === null
            ? { kind: 'find', schedule: schedule.id, since: phase.since }
            : { kind: 'look', schedule: schedule.id, runId: phase.runId }
      })
    case 'running':
      return watch(schedule, state, now)
  }
}

/** Beginning of the interval that a time is in. A time, not a number, since `every` may be changed. */
export function intervalOf({ everyMs }: Schedule, now: number): number {
  return Math.floor(now / everyMs) * everyMs
}

/** Several intervals that were missed are one start. */
function start(schedule: Schedule, state: ScheduleState, now: number): Decision {
  return {
    state: {
      ...state,
      interval: intervalOf(schedule, now),
      phase: { name: 'starting', since: now, adopt: false },
      lookedAt: now
    },
    action: { kind: 'dispatch', schedule: schedule.id }
  }
}

/** A new memory may have forgotten a start of this interval. */
function adopt(schedule: Schedule, state: ScheduleState, now: number): Decision {
  const since = intervalOf(schedule, now)
  const phase = { name: 'starting', since, adopt: true } as const
  return look(
    { ...state, interval: since, phase },
    { now, action: { kind: 'find', schedule: schedule.id, since } }
  )
}

function look(state: ScheduleState, { now, action }: { now: number; action: ScheduleAction }): Decision {
  if (now - state.lookedAt < LOOK_AGAIN_MS) return { state }
  return { state: { ...state, lookedAt: now }, action }
}

function watch(schedule: Schedule, state: ScheduleState, now: number): Decision {
  const { phase, runs } = state
  if (phase.name !== 'running') return { state }
  const run = runs.find(({ id }) => id === phase.runId)
  const isLong = now - phase.since > schedule.longestMs && run?.status === 'in_progress'
  // After a gap in the ticks, the run may have ended long ago.
  const isCurrent = now - state.lookedAt < 2 * MINUTE
  if (isLong && isCurrent && phase.cancelledAt === null) {
    return {
      state: { ...state, phase: { ...phase, cancelledAt: now }, lookedAt: now },
      action: { kind: 'cancel', schedule: schedule.id, runId: phase.runId }
    }
  }
  return look(state, { now, action: { kind: 'look', schedule: schedule.id, runId: phase.runId } })
}

function check(schedule: Schedule, state: ScheduleState, now: number): Decision {
  if (state.block === null && now - state.reachedAt < CHECK_AFTER_MS) return { state }
  return look(state, { now, action: { kind: 'check', schedule: schedule.id } })
}
