import { asRotationError } from '../kernel/error.ts'
import type { AlertPort } from './alert.ts'
import type { Remembered } from './memory.ts'

/**
 * Makes one alert of several channels: each is told, and one that is down hides neither the failure nor the others. What one of them has kept of
 * earlier runs is known to all.
 */
export function combineAlerts(
  alerts: readonly AlertPort[],
  { onFailure }: { readonly onFailure: (message: string) => void }
): AlertPort {
  const [only, ...others] = alerts
  if (only !== undefined && others.length === 0) return only
  return {
    label: alerts.map(({ label }) => label).join(', '),
    report: async (record) => {
      const remembered = await recall(alerts)
      const told = await Promise.allSettled(
        alerts.map(async (alert) => await alert.report(record, remembered))
      )
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

/** A channel that cannot say what it kept also fails to report, which is said there. */
async function recall(alerts: readonly AlertPort[]): Promise<Remembered | undefined> {
  for (const alert of alerts) {
    const remembered = await alert.recall?.().catch(() => undefined)
    if (remembered !== undefined) return remembered
  }
  return undefined
}
