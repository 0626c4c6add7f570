import type { Outcome } from '../../../src/rotation/model/outcome.ts'
import type { Schedule } from '../config/schedules.ts'
import { credentialKey, newSchedule, type ClockState, type CredentialState } from './state.ts'

/** End of a run, as it reports it itself; times are epoch milliseconds. */
export interface Report {
  readonly runId: string
  readonly attempt: number
  readonly outcome: Outcome
  readonly endedAt: number
  readonly nextDue: number | null
  readonly credentials: readonly Pick<CredentialState, 'rotation' | 'credential' | 'slots'>[]
}

/** Most credentials of one schedule: what is beyond is not taken up, so that no one can fill the memory. */
const MOST = 1_000

/** Applies a report; `isNew` is false for one that is older than what is known. */
export function applyReport(
  state: ClockState,
  { schedule, report }: { readonly schedule: Schedule; readonly report: Report },
  now: number
): { readonly state: ClockState; readonly isNew: boolean } {
  const own = state.schedules[schedule.id] ?? newSchedule(now)
  if (own.report !== null && own.report.endedAt > report.endedAt) return { state, isNew: false }
  const { runId, attempt, outcome, nextDue, credentials } = report
  const endedAt = Math.min(report.endedAt, now)
  // A run that found the lock held, or that only planned or checked, rotated nothing.
  const isWell = outcome === 'rotated' || outcome === 'not-due'
  const reported = new Set(credentials.map(({ rotation }) => rotation))
  const others = Object.entries(state.credentials).filter(
    ([, one]) => one.schedule !== schedule.id || !reported.has(one.rotation)
  )
  const room = Math.max(0, MOST - others.filter(([, one]) => one.schedule === schedule.id).length)
  const entries = credentials.slice(0, room).map((one): [string, CredentialState] => {
    const { rotation, credential, slots } = one
    const entry = { schedule: schedule.id, rotation, credential, slots, reportedAt: endedAt }
    return [credentialKey(entry), entry]
  })
  const next = {
    ...own,
    lastWell: isWell ? Math.max(own.lastWell ?? 0, endedAt) : own.lastWell,
    report: { runId, attempt, outcome, endedAt, nextDue }
  }
  return {
    isNew: true,
    state: {
      ...state,
      schedules: { ...state.schedules, [schedule.id]: next },
      credentials: Object.fromEntries([...others, ...entries])
    }
  }
}
