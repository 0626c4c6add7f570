/** What the clock remembers, as plain JSON; times are epoch milliseconds. */
export interface ClockState {
  /** Time of the latest tick; null before the first. */
  readonly tickedAt: number | null
  /** Time at which ticks began again after a gap. */
  readonly resumedAt: number | null
  readonly schedules: Readonly<Record<string, ScheduleState>>
  /** By {@link credentialKey}. */
  readonly credentials: Readonly<Record<string, CredentialState>>
  /** By the key of the trouble. */
  readonly alerts: Readonly<Record<string, AlertState>>
}

/** Memory of one schedule. */
export interface ScheduleState {
  readonly firstSeen: number
  /** Beginning of the newest interval that a run was started for; null before the first. */
  readonly interval: number | null
  /** Starts of this interval whose run did not end well. */
  readonly failures: number
  readonly phase: Phase
  readonly block: Block | null
  /** End of the latest block. */
  readonly unblockedAt: number | null
  /** Latest request about a run. */
  readonly lookedAt: number
  /** Latest answer of GitHub that shows the workflow can be started. */
  readonly reachedAt: number
  /** End of the latest run that ended well: by its report, or by GitHub where it has sent none. */
  readonly lastWell: number | null
  /** Newest first. */
  readonly runs: readonly RunState[]
  readonly report: ReportState | null
}

/** What a schedule waits for. */
export type Phase =
  /** For the next interval. */
  | { readonly name: 'idle' }
  /** For the time to start a run. */
  | { readonly name: 'waiting'; readonly until: number }
  /** Written before the request: until its answer is known, it is unknown whether a run was started. `adopt`: the memory was new. */
  | { readonly name: 'starting'; readonly since: number; readonly adopt: boolean }
  /** GitHub accepted the request, and the run has not been seen. */
  | { readonly name: 'accepted'; readonly since: number; readonly runId: number | null }
  /** The run has been seen and has not ended. */
  | {
      readonly name: 'running'
      readonly since: number
      readonly runId: number
      readonly cancelledAt: number | null
    }

/** Why no request is sent until a time. */
export interface Block {
  readonly cause: BlockCause
  readonly detail: string
  readonly since: number
  readonly until: number
  /** Failures in a row. */
  readonly failures: number
}

/** Reason why GitHub did not do what was requested. */
export type BlockCause =
  | 'github-down'
  | 'rate-limited'
  | 'identity-invalid'
  | 'key-refused'
  | 'app-missing'
  | 'permission-missing'
  | 'workflow-missing'
  | 'workflow-disabled'
  | 'start-refused'

/** Run that was started, or that a schedule adopted. */
export interface RunState {
  readonly id: number
  readonly url: string
  readonly createdAt: number
  readonly status: string
  readonly conclusion: string | null
  readonly endedAt: number | null
}

/** Latest report of a schedule's workflow. */
export interface ReportState {
  readonly runId: string
  readonly attempt: number
  readonly outcome: string
  readonly endedAt: number
  readonly nextDue: number | null
}

/** Slots of a credential, as the latest report has them. */
export interface CredentialState {
  readonly schedule: string
  readonly rotation: string
  readonly credential: string
  readonly slots: {
    readonly primary: { readonly expiresAt: number | null }
    readonly secondary: { readonly expiresAt: number | null } | null
  }
  readonly reportedAt: number
}

/** Something that is wrong, for people. */
export interface Trouble {
  /** Kept to one alert. */
  readonly key: string
  readonly cause: TroubleCause
  /** One line. */
  readonly title: string
  readonly detail: string
  /** What to do. */
  readonly action: string
  /** Link to the run, the workflow or the settings. */
  readonly url: string | null
}

export type TroubleCause =
  Exclude<BlockCause, 'rate-limited'> | 'configuration' | 'overdue' | 'credential-ending'

/** Alert of a trouble; each channel is told once that it began and once that it ended. */
export interface AlertState {
  readonly trouble: Trouble
  readonly since: number
  /** Null while the trouble lasts. */
  readonly endedAt: number | null
  readonly told: readonly string[]
  readonly recovered: readonly string[]
  readonly failures: number
  readonly until: number
}

/** State of a clock that has not ticked yet. */
export const NEW_STATE: ClockState = {
  tickedAt: null,
  resumedAt: null,
  schedules: {},
  credentials: {},
  alerts: {}
}

/** State of a schedule that the clock has not seen yet. */
export function newSchedule(now: number): ScheduleState {
  return {
    firstSeen: now,
    interval: null,
    failures: 0,
    phase: { name: 'idle' },
    block: null,
    unblockedAt: null,
    lookedAt: 0,
    reachedAt: 0,
    lastWell: null,
    runs: [],
    report: null
  }
}

/** Key of a credential. */
export function credentialKey(one: Pick<CredentialState, 'schedule' | 'rotation' | 'credential'>): string {
  return JSON.stringify([one.schedule, one.rotation, one.credential])
}
