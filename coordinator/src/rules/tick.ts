import { listSends, noteSend, updateAlerts, type SendAction } from './alerts.ts'
import { decide, type ScheduleAction } from './decide.ts'
import { note, type ScheduleEvent } from './note.ts'
import { newSchedule, type ClockState, type ScheduleState } from './state.ts'
import { endOf, findTroubles, type Plan } from './troubles.ts'

/** What the clock does: a request to GitHub or a message. */
export type Action = ScheduleAction | SendAction

/** What an action showed. */
export type Event =
  | { readonly kind: 'schedule'; readonly schedule: string; readonly event: ScheduleEvent }
  | { readonly kind: 'send'; readonly action: SendAction; readonly sent: boolean }

const MINUTE = 60_000
/** Ticks come every minute; after a longer gap the watchdog waits until runs could end. */
const GAP_MS = 5 * MINUTE
/** A credential that ended is forgotten, unless it is reported again. */
const FORGET_MS = 7 * 24 * 60 * MINUTE

/**
 * Decides what to do now. The new state must be on disk before the actions begin; each action's event is then applied with {@link applyEvent}, and
 * `tick` is called again until there are no actions.
 */
export function tick(
  state: ClockState,
  plan: Plan,
  now: number
): { readonly state: ClockState; readonly actions: readonly Action[] } {
  const isGap = state.tickedAt !== null && now - state.tickedAt > GAP_MS
  const decisions = plan.schedules.map((schedule) => ({
    id: schedule.id,
    ...decide(schedule, state.schedules[schedule.id] ?? newSchedule(now), now)
  }))
  const decided: ClockState = {
    ...state,
    tickedAt: Math.max(now, state.tickedAt ?? 0),
    resumedAt: isGap ? now : state.resumedAt,
    schedules: { ...state.schedules, ...Object.fromEntries(decisions.map(({ id, state }) => [id, state])) },
    credentials: forgetEnded(state.credentials, now)
  }
  const alerts = updateAlerts(state.alerts, findTroubles(decided, plan, now), now)
  return {
    state: { ...decided, alerts },
    actions: [
      ...decisions.flatMap(({ action }) => (action === undefined ? [] : [action])),
      ...listSends(alerts, plan.channels, now)
    ]
  }
}

/** Applies what an action showed. */
export function applyEvent(state: ClockState, event: Event, now: number): ClockState {
  if (event.kind === 'send') {
    return { ...state, alerts: noteSend(state.alerts, event.action, { sent: event.sent, now }) }
  }
  const own: ScheduleState | undefined = state.schedules[event.schedule]
  if (own === undefined) return state
  return { ...state, schedules: { ...state.schedules, [event.schedule]: note(own, event.event, now) } }
}

function forgetEnded(credentials: ClockState['credentials'], now: number): ClockState['credentials'] {
  return Object.fromEntries(
    Object.entries(credentials).filter(([, credential]) => now - endOf(credential) < FORGET_MS)
  )
}
