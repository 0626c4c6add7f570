import { parseSchedules } from '../coordinator/src/config/schedules.ts'
import { applyReport } from '../coordinator/src/rules/report.ts'
import { NEW_STATE, newSchedule, type ClockState, type RunState } from '../coordinator/src/rules/state.ts'
import { renderStatus } from '../coordinator/src/status/page.ts'
import { describeStatus } from '../coordinator/src/status/status.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = Date.UTC(2026, 0, 1, 12, 25)

const { schedules } = parseSchedules([
  { repository: 'octo-org/ops', workflow: 'rotate.yml', ref: 'main', every: '1h' },
  { repository: 'octo-org/web', workflow: 'rotate-access.yml', ref: 'main', every: '1d' }
])

/** Renders the status page of the coordinator, with one workflow whose runs fail and one that is well. */
export function renderStatusScene(): string {
  const [failing, healthy] = schedules
  if (failing === undefined || healthy === undefined) throw new Error('a schedule was refused')
  const failed = [
    runAt(12, 17, 'failure'),
    runAt(12, 7, 'failure'),
    runAt(12, 0, 'failure'),
    runAt(11, 0, 'success'),
    runAt(10, 0, 'success')
  ]
  const states: ClockState['schedules'] = {
    [failing.id]: { ...newSchedule(NOW - 24 * HOUR), lastWell: Date.UTC(2026, 0, 1, 11, 3), runs: failed },
    [healthy.id]: {
      ...newSchedule(NOW - 24 * HOUR),
      lastWell: Date.UTC(2026, 0, 1, 0, 4),
      runs: [runAt(0, 0, 'success')]
    }
  }
  const state: ClockState = { ...NEW_STATE, tickedAt: NOW - MINUTE / 2, schedules: states }
  const { state: reported } = applyReport(
    state,
    { schedule: failing, report: reportOf(Date.UTC(2026, 0, 1, 11, 3)) },
    NOW
  )
  const plan = { schedules, refused: [], channels: ['email'] }
  return renderStatus(describeStatus(reported, plan, NOW)).html
}

function runAt(hour: number, minute: number, conclusion: string): RunState {
  const createdAt = Date.UTC(2026, 0, 1, hour, minute)
  const id = 18_000_000_000 + createdAt / MINUTE
  return {
    id,
    url: `https://github.com/octo-org/ops/actions/runs/${id}`,
    createdAt,
    status: 'completed',
    conclusion,
    endedAt: createdAt + 3 * MINUTE
  }
}

function reportOf(endedAt: number): Parameters<typeof applyReport>[1]['report'] {
  const slots = {
    primary: { expiresAt: endedAt + 2 * HOUR },
    secondary: { expiresAt: endedAt + HOUR }
  }
  return {
    ...{ runId: '1', attempt: 1, outcome: 'rotated', endedAt, nextDue: endedAt + HOUR },
    credentials: ['token-creation', 'secret-edit'].map((credential) => ({
      rotation: 'bootstrap',
      credential,
      slots
    }))
  }
}
