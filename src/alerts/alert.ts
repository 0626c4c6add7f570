import type { RunRecord } from '../rotation/record/schema.ts'

/** Where a failing run says so, once, and where its recovery is said. */
export interface AlertPort {
  readonly label: string
  /**
   * Reports a run. A failure opens the alert or brings it up to date; a success closes it when nothing that it was opened for is still failing.
   * @returns a link to the alert, where one was opened or updated; a mail has none
   * @throws RotationError `alert`; it must never hide the failure that was to be reported
   */
  report(record: RunRecord): Promise<string | undefined>
  /**
   * Finds out whether an alert could be raised, as far as that can be told without raising one: nothing is written and nothing is sent.
   * @throws RotationError that says what stands in its way, with a hint
   */
  verify(): Promise<void>
}
