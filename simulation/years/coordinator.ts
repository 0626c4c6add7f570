import { parseSchedules, type Schedule } from '../../coordinator/src/config/schedules.ts'
import type { ScheduleAction } from '../../coordinator/src/rules/decide.ts'
import { knownRuns, type GithubFailure, type ScheduleEvent } from '../../coordinator/src/rules/note.ts'
import { applyReport, type Report } from '../../coordinator/src/rules/report.ts'
import { NEW_STATE, type ClockState } from '../../coordinator/src/rules/state.ts'
import { applyEvent, tick } from '../../coordinator/src/rules/tick.ts'
import type { Plan } from '../../coordinator/src/rules/troubles.ts'
import { FAILING_CALLS } from './calls.ts'
import type { Draws } from './draws.ts'
import { findOutage, type Outage } from './platforms.ts'
import type { WorkflowRuns } from './workflow-runs.ts'

/** As the Durable Object: rounds of one tick. */
const MOST_ROUNDS = 3

/** What the coordinator depends on. */
interface Surroundings {
  /** Interval of its schedule, such as `1h`. */
  readonly every: string
  readonly runs: WorkflowRuns
  readonly draws: Draws
  readonly githubOutages: readonly Outage[]
}

/** The coordinator's own rules on simulated time: they start runs at a GitHub that fails now and then. */
export class SimulatedCoordinator {
  readonly #schedule: Schedule
  readonly #plan: Plan
  readonly #given: Surroundings
  readonly #reports: { readonly at: number; readonly report: Report }[] = []
  #state: ClockState = NEW_STATE
  /** Alerts that it raised, by cause. */
  readonly alerts = new Map<string, number>()

  constructor(given: Surroundings) {
    const { schedules } = parseSchedules([
      { repository: 'octo-org/ops', workflow: 'rotate.yml', ref: 'main', every: given.every }
    ])
    const [schedule] = schedules
    if (schedule === undefined) throw new Error(`${given.every} is not an interval of the coordinator`)
    this.#schedule = schedule
    this.#plan = { schedules, refused: [], channels: ['webhook'] }
    this.#given = given
  }

  /** Takes the report that a run sends at its end. */
  report(report: Report, at: number): void {
    this.#reports.push({ at, report })
  }

  /** One tick of its cron trigger. */
  tick(now: number): void {
    while (this.#reports[0] !== undefined && this.#reports[0].at <= now) {
      const { at, report } = this.#reports.shift()!
      this.#state = applyReport(this.#state, { schedule: this.#schedule, report }, at).state
    }
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { state, actions } = tick(this.#state, this.#plan, now)
      this.#state = state
      if (actions.length === 0) return
      for (const action of actions) {
        if (action.kind === 'send') {
          const { what, trouble } = action
          if (what === 'raise') this.alerts.set(trouble.cause, (this.alerts.get(trouble.cause) ?? 0) + 1)
          this.#state = applyEvent(this.#state, { kind: 'send', action, sent: true }, now)
        } else {
          const { schedule } = action
          const event = this.#request(action, now)
          this.#state = applyEvent(this.#state, { kind: 'schedule', schedule, event }, now)
        }
      }
    }
  }

  #request(action: ScheduleAction, now: number): ScheduleEvent {
    const { draws, githubOutages } = this.#given
    if (findOutage(githubOutages, now) !== undefined) return failed
    const isFailing = draws.chance(FAILING_CALLS)
    // Half of the calls that fail were carried out, and only their answer is lost.
    if (isFailing && draws.chance(0.5)) return failed
    const event = this.#carryOut(action, now)
    return isFailing ? failed : event
  }

  #carryOut(action: ScheduleAction, now: number): ScheduleEvent {
    const { runs } = this.#given
    switch (action.kind) {
      case 'dispatch':
        return { kind: 'accepted', runId: runs.add(now).id }
      case 'find': {
        const own = this.#state.schedules[this.#schedule.id]
        const known = own === undefined ? new Set<number>() : knownRuns(own)
        return seen(runs.find({ since: action.since, known, at: now }))
      }
      case 'look':
        return seen(runs.show(action.runId, now))
      case 'cancel':
        return { kind: 'cancelled' }
      case 'check':
        return { kind: 'ready' }
    }
  }
}

const failure: GithubFailure = {
  cause: 'github-down',
  detail: 'GitHub did not answer.',
  effect: 'unknown',
  retryAfterMs: null
}
const failed: ScheduleEvent = { kind: 'failed', failure }

function seen(run: ReturnType<WorkflowRuns['show']>): ScheduleEvent {
  return run === undefined ? { kind: 'unseen' } : { kind: 'seen', run }
}
