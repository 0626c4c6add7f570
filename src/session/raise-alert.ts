import type { AlertPort } from '../alerts/alert.ts'
import { asRotationError } from '../kernel/error.ts'
import { isFailure } from '../rotation/model/outcome.ts'
import type { RunRecord } from '../rotation/record/schema.ts'

/** Result of reporting a run to its alert. */
export interface RaisedAlert {
  /** Link to the alert where one was opened, updated or closed. */
  readonly url?: string
  /** The same as a line of the log. */
  readonly text?: string
  /** Why the alert could not be raised, to be redacted. */
  readonly problem?: string
}

/** Reports a finished run to its alert, where there is one. Throws nothing. */
export async function raiseAlert(record: RunRecord, alert: AlertPort | undefined): Promise<RaisedAlert> {
  try {
    const url = await alert?.report(record)
    if (url === undefined) return {}
    return { url, text: isFailure(record.outcome) ? `Alert: ${url}` : `Alert closed: ${url}` }
  } catch (thrown) {
    const { message, hint } = asRotationError(thrown)
    return { problem: `The alert failed: ${message}${hint === undefined ? '' : ` ${hint}`}` }
  }
}
