import { intervalOf } from '../rules/decide.ts'
import type { ClockState, CredentialState, ScheduleState } from '../rules/state.ts'
import { deadlineOf, endOf, findTroubles, type Plan } from '../rules/troubles.ts'
import type { Schedule } from '../config/schedules.ts'

/** Answer of `GET /status`; times are ISO instants. */
export interface Status {
  readonly at: string
  /** Latest tick of the cron trigger; null before the first. */
  readonly tickedAt: string | null
  readonly healthy: boolean
  readonly troubles: readonly TroubleStatus[]
  readonly schedules: readonly ScheduleStatus[]
}

export interface TroubleStatus {
  readonly cause: string
  readonly title: string
  readonly detail: string
  readonly action: string
  readonly url: string | null
  readonly since: string
}

export interface ScheduleStatus {
  readonly repository: string
  readonly workflow: string
  readonly ref: string
  readonly everySeconds: number
  readonly state: string
  readonly nextStart: string
  readonly lastWell: string | null
  /** A run must have ended well by then. */
  readonly deadline: string
  /** As the latest report has it. */
  readonly nextDue: string | null
  readonly outcome: string | null
  /** Newest first. */
  readonly runs: readonly RunStatus[]
  readonly credentials: readonly CredentialStatus[]
}

export interface RunStatus {
  readonly id: number
  readonly url: string
  readonly createdAt: string
  readonly status: string
  readonly conclusion: string | null
}

export interface CredentialStatus {
  readonly rotation: string
  readonly credential: string
  readonly primaryExpiresAt: string | null
  readonly secondaryExpiresAt: string | null
  /** End of the last slot; null where none ends. */
  readonly endsAt: string | null
  readonly reportedAt: string
}

/** Ticks that come later are missing. */
const SILENT_MS = 5 * 60_000

/** Describes everything that the clock knows. */
export function describeStatus(state: ClockState, plan: Plan, now: number): Status {
  const isSilent = state.tickedAt === null || now - state.tickedAt > SILENT_MS
  const troubles = findTroubles(state, plan, now).map((trouble): TroubleStatus => {
    const { cause, title, detail, action, url } = trouble
    return { cause, title, detail, action, url, since: iso(state.alerts[trouble.key]?.since ?? now) }
  })
  return {
    at: iso(now),
    tickedAt: isoOf(state.tickedAt),
    healthy: troubles.length === 0 && !isSilent,
    troubles: [...(isSilent ? [describeSilence(state, now)] : []), ...troubles],
    schedules: plan.schedules.map((schedule) => describeSchedule(schedule, state, now))
  }
}

function describeSilence({ tickedAt }: ClockState, now: number): TroubleStatus {
  return {
    cause: 'silent',
    title: 'The clock does not tick',
    detail: tickedAt === null ? 'It has not ticked yet.' : `The latest tick was at ${iso(tickedAt)}.`,
    action: 'Look at the cron trigger of the Worker in the Cloudflare dashboard.',
    url: null,
    since: iso(tickedAt ?? now)
  }
}

function describeSchedule(schedule: Schedule, state: ClockState, now: number): ScheduleStatus {
  const { repository, workflow, ref, everyMs, id } = schedule
  const own = state.schedules[id]
  return {
    ...{ repository, workflow, ref, everySeconds: everyMs / 1000 },
    state: own === undefined ? 'new' : stateOf(own),
    nextStart: iso(intervalOf(schedule, now) + everyMs),
    lastWell: isoOf(own?.lastWell ?? null),
    deadline: iso(
      own === undefined ? now + everyMs + schedule.slackMs : deadlineOf(schedule, own, state.resumedAt)
    ),
    nextDue: isoOf(own?.report?.nextDue ?? null),
    outcome: own?.report?.outcome ?? null,
    runs: (own?.runs ?? []).map((run) => ({
      id: run.id,
      url: run.url,
      createdAt: iso(run.createdAt),
      status: run.status,
      conclusion: run.conclusion
    })),
    credentials: Object.values(state.credentials)
      .filter((credential) => credential.schedule === id)
      .map(describeCredential)
  }
}

function describeCredential(one: CredentialState): CredentialStatus {
  const { rotation, credential, slots, reportedAt } = one
  const end = endOf(one)
  return {
    rotation,
    credential,
    primaryExpiresAt: isoOf(slots.primary.expiresAt),
    secondaryExpiresAt: isoOf(slots.secondary?.expiresAt ?? null),
    endsAt: Number.isFinite(end) ? iso(end) : null,
    reportedAt: iso(reportedAt)
  }
}

function stateOf({ block, phase }: ScheduleState): string {
  return block === null ? phase.name : `blocked: ${block.cause}`
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

function isoOf(at: number | null): string | null {
  return at === null ? null : iso(at)
}
