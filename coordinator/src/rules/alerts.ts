import { JITTER_MS } from './decide.ts'
import type { AlertState, ClockState, Trouble } from './state.ts'

/** Message for one channel. */
export interface SendAction {
  readonly kind: 'send'
  readonly channel: string
  readonly what: 'raise' | 'recover'
  readonly trouble: Trouble
  /** When the trouble began. */
  readonly since: number
}

type Alerts = ClockState['alerts']

const MINUTE = 60_000
const BACK_OFF_MS = [MINUTE, 2 * MINUTE, 5 * MINUTE]
/** A recovery that cannot be sent for so long interests no one. */
const FORGET_MS = 24 * 60 * MINUTE

/** Takes up what is wrong now: what is new, what lasts, and what has ended. */
export function updateAlerts(alerts: Alerts, troubles: readonly Trouble[], now: number): Alerts {
  const current = troubles.map((trouble): [string, AlertState] => {
    const known = alerts[trouble.key]
    if (known === undefined) {
      const fresh = { since: now, endedAt: null, told: [], recovered: [], failures: 0, until: now }
      return [trouble.key, { trouble, ...fresh }]
    }
    // A channel that was told of the end is told again.
    const told = known.told.filter((channel) => !known.recovered.includes(channel))
    return [trouble.key, { ...known, trouble, endedAt: null, told, recovered: [] }]
  })
  const keys = new Set(troubles.map(({ key }) => key))
  const ended = Object.entries(alerts)
    .filter(([key]) => !keys.has(key))
    .map(([key, alert]): [string, AlertState] => [
      key,
      alert.endedAt === null ? { ...alert, endedAt: now, failures: 0, until: now } : alert
    ])
    .filter(([, { told, recovered, endedAt }]) => {
      const isTold = told.every((channel) => recovered.includes(channel))
      return !isTold && now - (endedAt ?? now) < FORGET_MS
    })
  return Object.fromEntries([...current, ...ended])
}

/** Lists the messages that are to be sent now. */
export function listSends(alerts: Alerts, channels: readonly string[], now: number): readonly SendAction[] {
  return Object.values(alerts)
    .filter(({ until }) => now >= until)
    .flatMap(({ trouble, since, endedAt, told, recovered }) => {
      const what = endedAt === null ? 'raise' : 'recover'
      const waiting =
        endedAt === null
          ? channels.filter((channel) => !told.includes(channel))
          : channels.filter((channel) => told.includes(channel) && !recovered.includes(channel))
      return waiting.map((channel): SendAction => ({ kind: 'send', channel, what, trouble, since }))
    })
}

/** Notes whether a message was sent. */
export function noteSend(
  alerts: Alerts,
  { channel, what, trouble }: SendAction,
  { sent, now }: { readonly sent: boolean; readonly now: number }
): Alerts {
  const alert = alerts[trouble.key]
  if (alert === undefined) return alerts
  if (!sent) {
    const wait = BACK_OFF_MS[Math.min(alert.failures, BACK_OFF_MS.length - 1)] ?? MINUTE
    const until = now + wait - JITTER_MS
    return { ...alerts, [trouble.key]: { ...alert, failures: alert.failures + 1, until } }
  }
  const list = what === 'raise' ? 'told' : 'recovered'
  return { ...alerts, [trouble.key]: { ...alert, [list]: [...new Set([...alert[list], channel])] } }
}
