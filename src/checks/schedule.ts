import type { Workflow, WorkflowState } from '../github/workflow.ts'
import { formatDuration, formatInstant, type Clock } from '../kernel/clock.ts'
import { asRotationError } from '../kernel/error.ts'
import type { CheckPort, Finding } from '../rotation/model/finding.ts'
import { LONGEST_SCHEDULE_GAP_MS } from '../kernel/schedule.ts'

const DAY_MS = 24 * 3_600_000
/** GitHub switches schedules of public repositories off after so long without activity; its documentation. */
const IDLE_LIMIT_MS = 60 * DAY_MS
/** From here on it is said, and from the second on it is wrong. */
const IDLE_SOON_MS = 45 * DAY_MS
const IDLE_LATE_MS = 55 * DAY_MS
/** Fewer scheduled runs than this tell no interval. */
const ENOUGH = 4
const MANY_INTERVALS = 3

/** Whether the workflow's own schedule still fires, and whether GitHub is about to switch it off. */
export function createScheduleCheck(workflow: Workflow, clock: Clock): CheckPort {
  return {
    run: async () => {
      try {
        const [state, scheduledAt] = await Promise.all([workflow.read(), workflow.scheduledAt()])
        const now = clock.now()
        return [
          ...findDisabled(workflow.file, state),
          ...findIdle(workflow.file, state, { scheduled: scheduledAt.length > 0, now }),
          ...findSkipped(workflow.file, scheduledAt, now)
        ]
      } catch (thrown) {
        const { message } = asRotationError(thrown)
        return [
          {
            kind: 'no-access',
            severity: 'warning',
            on: workflow.file,
            message: `Whether the schedule still fires could not be found out: ${message}`,
            action: 'Give the job `permissions: actions: read`.'
          }
        ]
      }
    }
  }
}

function findDisabled(file: string, { state }: WorkflowState): readonly Finding[] {
  if (state === 'active') return []
  return [
    {
      kind: 'schedule-ending',
      severity: 'error',
      on: file,
      message: `The workflow ${file} is switched off (${state}): its schedule does not fire.`,
      action: 'Switch it on under Actions, or with `gh workflow enable`.'
    }
  ]
}

function findIdle(
  file: string,
  { isPublic, state, ...activity }: WorkflowState,
  { scheduled, now }: { scheduled: boolean; now: number }
): readonly Finding[] {
  const since = lastActivity(activity)
  if (!isPublic || !scheduled || state !== 'active' || now - since < IDLE_SOON_MS) return []
  return [
    {
      kind: 'schedule-ending',
      severity: now - since < IDLE_LATE_MS ? 'warning' : 'error',
      on: file,
      message: `GitHub switches the schedule of ${file} off at about ${formatInstant(since + IDLE_LIMIT_MS)}, since nothing was pushed for ${formatDuration(Math.floor((now - since) / DAY_MS) * DAY_MS)}.`,
      action:
        'Disable the workflow and enable it again, with `gh workflow disable` and `gh workflow enable`, or push a commit.'
    }
  ]
}

/** The interval is what the schedule itself has kept: no cron expression is needed to see that it stopped. */
function findSkipped(file: string, scheduledAt: readonly number[], now: number): readonly Finding[] {
  const [last] = scheduledAt
  if (last === undefined || scheduledAt.length < ENOUGH) return []
  const gaps = scheduledAt
    .slice(1)
    .map((at, index) => scheduledAt[index]! - at)
    .sort((a, b) => a - b)
  const usual = gaps[Math.floor(gaps.length / 2)]!
  if (now - last <= Math.max(LONGEST_SCHEDULE_GAP_MS, MANY_INTERVALS * usual)) return []
  return [
    {
      kind: 'schedule-skipped',
      severity: 'error',
      on: file,
      message: `${file} was last started by its schedule at ${formatInstant(last)}, though it usually is every ${formatDuration(Math.max(60_000, Math.round(usual / 60_000) * 60_000))}.`,
      action: 'Run it by hand, and see whether the workflow is switched on and its cron line is right.'
    }
  ]
}

/** Switching a workflow on is an activity like a push. */
function lastActivity({ pushedAt, updatedAt }: Pick<WorkflowState, 'pushedAt' | 'updatedAt'>): number {
  return Math.max(pushedAt ?? 0, updatedAt ?? 0)
}
