import type { RunRecord } from '../rotation/record-schema.ts'

/** Where a failing run says so, once, and where its recovery is said. */
export interface AlertPort {
  readonly label: string
  /**
   * Reports a run. A failure opens the alert or brings it up to date; a success closes it when nothing that it was opened for is still failing.
   * @returns a link to the alert, where one was opened or updated
   * @throws RotationError `alert`; it must never hide the failure that was to be reported
   */
  report(record: RunRecord): Promise<string | undefined>
}
