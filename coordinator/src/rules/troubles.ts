import type { Refused, Schedule } from '../config/schedules.ts'
import type { BlockCause, ClockState, CredentialState, RunState, ScheduleState, Trouble } from './state.ts'

/** Configuration that a tick uses. */
export interface Plan {
  readonly schedules: readonly Schedule[]
  readonly refused: readonly Refused[]
  /** Names of the channels that alerts are sent by. */
  readonly channels: readonly string[]
}

const MINUTE = 60_000
/** Shorter outages are not worth an alert. */
const DOWN_MS = 10 * MINUTE

/** Finds everything that is wrong now. */
export function findTroubles(state: ClockState, plan: Plan, now: number): readonly Trouble[] {
  const blocked = plan.schedules.flatMap((schedule) => {
    const trouble = findBlock(schedule, state.schedules[schedule.id], now)
    return trouble === undefined ? [] : [{ schedule: schedule.id, trouble }]
  })
  const late = plan.schedules
    .filter(({ id }) => !blocked.some(({ schedule }) => schedule === id))
    .flatMap((schedule) => findOverdue(schedule, state, now))
  const ending = plan.schedules.flatMap((schedule) =>
    Object.values(state.credentials)
      .filter((credential) => credential.schedule === schedule.id)
      .flatMap((credential) => findEnding(credential, schedule, now))
  )
  const all = [
    ...plan.refused.map(describeRefused),
    ...blocked.map(({ trouble }) => trouble),
    ...late,
    ...ending
  ]
  // One cause that stops several schedules is one trouble.
  return [...new Map(all.map((trouble) => [trouble.key, trouble])).values()]
}

/** End of the last slot of a credential; Infinity where a slot does not end. */
export function endOf({ slots: { primary, secondary } }: Pick<CredentialState, 'slots'>): number {
  const ends = [primary, ...(secondary === null ? [] : [secondary])].map((slot) => slot.expiresAt ?? Infinity)
  return Math.max(...ends)
}

/** Time by which a run must have ended well. */
export function deadlineOf(schedule: Schedule, own: ScheduleState, resumedAt: number | null): number {
  const due = (own.lastWell ?? own.firstSeen) + schedule.everyMs
  return Math.max(due, own.unblockedAt ?? 0, resumedAt ?? 0) + schedule.slackMs
}

interface BlockWords {
  /** What the trouble is kept to one alert for. */
  readonly of: 'all' | 'repository' | 'schedule'
  readonly title: string
  readonly action: string
}

const BLOCKS: Readonly<Record<Exclude<BlockCause, 'rate-limited'>, BlockWords>> = {
  'github-down': {
    of: 'all',
    title: 'GitHub does not answer',
    action: 'Look at https://www.githubstatus.com. Starts are tried again every 5 minutes.'
  },
  'identity-invalid': {
    of: 'all',
    title: 'The coordinator has no identity that it can use at GitHub',
    action:
      'Set the secret GITHUB_APP_PRIVATE_KEY and the variable GITHUB_APP_ID, or the secret GITHUB_TOKEN.'
  },
  'key-refused': {
    of: 'all',
    title: "GitHub refuses the coordinator's key or token",
    action: 'Create a new key of the App, or a new token, and set it with `wrangler secret put`.'
  },
  'app-missing': {
    of: 'repository',
    title: 'The App is not installed',
    action: 'Install the App on the repository, or correct the repository in SCHEDULES.'
  },
  'permission-missing': {
    of: 'repository',
    title: 'The coordinator may not start workflows',
    action: 'Give the App or the token the permission Actions: read and write.'
  },
  'workflow-missing': {
    of: 'schedule',
    title: 'The workflow does not exist',
    action: 'Correct the repository or the workflow in SCHEDULES: it was renamed, deleted, or cannot be seen.'
  },
  'workflow-disabled': {
    of: 'schedule',
    title: 'The workflow is disabled',
    action: 'Enable it in the Actions tab of the repository, or remove its schedule.'
  },
  'start-refused': {
    of: 'schedule',
    title: 'GitHub refuses to start the workflow',
    action: 'Correct ref and inputs in SCHEDULES, and let the workflow have the trigger workflow_dispatch.'
  }
}

function findBlock(schedule: Schedule, own: ScheduleState | undefined, now: number): Trouble | undefined {
  const block = own?.block
  if (block == null || block.cause === 'rate-limited') return undefined
  // One failure alone may be a hiccup of GitHub.
  if (block.cause === 'github-down' ? now - block.since < DOWN_MS : block.failures < 2) return undefined
  const { of, title, action } = BLOCKS[block.cause]
  const subject = { all: '', repository: schedule.repository, schedule: nameOf(schedule) }[of]
  return {
    key: `${block.cause}:${subject.toLowerCase()}`,
    cause: block.cause,
    title: subject === '' ? title : `${title}: ${subject}`,
    detail: `${block.detail} No run can be started since ${formatTime(block.since)}.`,
    action,
    url: of === 'schedule' ? workflowUrl(schedule) : null
  }
}

function findOverdue(schedule: Schedule, state: ClockState, now: number): readonly Trouble[] {
  const own = state.schedules[schedule.id]
  if (own === undefined || now <= deadlineOf(schedule, own, state.resumedAt)) return []
  const [run] = own.runs
  const last =
    own.lastWell === null ? 'No run has ended well yet' : `The last one ended at ${formatTime(own.lastWell)}`
  const newest =
    run === undefined
      ? 'no run was seen'
      : `the newest one, created at ${formatTime(run.createdAt)}, ${run.conclusion === null ? `is ${run.status}` : `ended with ${run.conclusion}${reportOf(run, own)}`}`
  const limit = own.block?.cause === 'rate-limited' ? ' GitHub limits the rate of requests.' : ''
  return [
    {
      key: `overdue:${schedule.id}`,
      cause: 'overdue',
      title: `No run ended well in time: ${nameOf(schedule)}`,
      detail: `${last}; ${newest}.${limit}`,
      action: 'Look at the newest run. The coordinator starts it again at each interval.',
      url: run?.url ?? workflowUrl(schedule)
    }
  ]
}

/** Tells why a run that GitHub calls a success did not end well. */
function reportOf({ id }: RunState, { report }: ScheduleState): string {
  return report?.runId === String(id) ? ` and reported \`${report.outcome}\`` : ''
}

function findEnding(one: CredentialState, schedule: Schedule, now: number): readonly Trouble[] {
  const end = endOf(one)
  if (end - now > schedule.warnMs) return []
  const name = `${one.credential} of ${one.rotation}`
  return [
    {
      key: `credential-ending:${schedule.id}:${one.rotation}:${one.credential}`,
      cause: 'credential-ending',
      title: end <= now ? `No slot works any more: ${name}` : `The last slot ends soon: ${name}`,
      detail: `The last slot of ${name} (${nameOf(schedule)}) ends at ${formatTime(end)}, by the report of ${formatTime(one.reportedAt)}.`,
      action: 'Run the workflow by hand now. If it fails, follow docs/runbook.md.',
      url: workflowUrl(schedule)
    }
  ]
}

function describeRefused({ place, reason }: Refused): Trouble {
  return {
    key: `configuration:${place}`,
    cause: 'configuration',
    title: `The configuration of the coordinator is wrong: ${place}`,
    detail: `${place} ${reason}. It is not used.`,
    action: 'Correct wrangler.jsonc and deploy the coordinator again.',
    url: null
  }
}

function nameOf({ repository, workflow }: Schedule): string {
  return `${workflow} of ${repository}`
}

function workflowUrl({ repository, workflow }: Schedule): string {
  return `https://github.com/${repository}/actions/workflows/${workflow}`
}

function formatTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
