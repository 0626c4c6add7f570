import { asRotationError } from '../kernel/error.ts'
import type { AlertPort } from './alert.ts'

/** Makes one alert of several channels: each is told, and one that is down hides neither the failure nor the others. */
export function combineAlerts(
  alerts: readonly AlertPort[],
  { onFailure }: { readonly onFailure: (message: string) => void }
): AlertPort {
  const [only, ...others] = alerts
  if (only !== undefined && others.length === 0) return only
  return {
    label: alerts.map(({ label }) => label).join(', '),
    report: async (record) => {
      const told = await Promise.allSettled(alerts.map(async (alert) => await alert.report(record)))
      for (const one of told) {
        if (one.status === 'fulfilled') continue
        const { message, hint } = asRotationError(one.reason)
        onFailure(`The alert failed: ${message}${hint === undefined ? '' : ` ${hint}`}`)
      }
      return told.flatMap((one) => (one.status === 'fulfilled' ? (one.value ?? []) : []))[0]
    },
    verify: async () => {
      for (const alert of alerts) await alert.verify()
    }
  }
}
