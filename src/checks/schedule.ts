import type { Workflow, WorkflowState } from '../github/workflow.ts'
import { LONGEST_SCHEDULE_GAP_MS, formatDuration, formatInstant, type Clock } from '../kernel/clock.ts'
import { asRotationError } from '../kernel/error.ts'
import type { CheckPort, Finding } from '../rotation/model/finding.ts'

const DAY_MS = 24 * 3_600_000
/** GitHub disables schedules of public repositories after 60 days without activity; its documentation. */
const IDLE_LIMIT_MS = 60 * DAY_MS
/** Idle time from which the check warns, and from which it is an error. */
const IDLE_SOON_MS = 45 * DAY_MS
const IDLE_LATE_MS = 55 * DAY_MS
/** Fewer scheduled runs than this do not show an interval. */
const ENOUGH = 4
const MANY_INTERVALS = 3

/** Checks that the workflow's own schedule still starts runs, and that GitHub is not about to disable it. */
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
            message: `The schedule could not be checked: ${message}`,
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
      message: `The workflow ${file} is disabled (${state}): its schedule does not start runs.`,
      action: 'Enable it under Actions, or with `gh workflow enable`.'
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
      message: `GitHub disables the schedule of ${file} at about ${formatInstant(since + IDLE_LIMIT_MS)}, since nothing was pushed for ${formatDuration(Math.floor((now - since) / DAY_MS) * DAY_MS)}.`,
      action:
        'Disable the workflow and enable it again, with `gh workflow disable` and `gh workflow enable`, or push a commit.'
    }
  ]
}

/** The interval is the usual gap between the scheduled runs, so that no cron expression has to be read. */
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
      action: 'Run it by hand, and check that the workflow is enabled and its cron line is right.'
    }
  ]
}

/** Enabling a workflow counts as activity, like a push. */
function lastActivity({ pushedAt, updatedAt }: Pick<WorkflowState, 'pushedAt' | 'updatedAt'>): number {
  return Math.max(pushedAt ?? 0, updatedAt ?? 0)
}
