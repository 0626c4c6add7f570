import type { AlertDescriptor, TypedConfiguration } from '../kernel/kinds.ts'
import type { RunRecord } from '../rotation/record/schema.ts'
import type { Remembered } from './memory.ts'

/** Channel that reports a failing run once, and its recovery. */
export interface AlertPort {
  readonly label: string
  /**
   * Reports a run. A failure opens or updates the alert; a success closes it when nothing that it was opened for still fails.
   * @param remembered what another channel has kept; undefined when none has, or when it cannot be read
   * @returns a link to the alert where one was opened, updated or closed; a mail has none
   * @throws RotationError `alert`; it must never hide the failure to be reported
   */
  report(record: RunRecord, remembered?: Remembered): Promise<string | undefined>
  /** What this channel has kept of the runs before, for those that keep nothing. */
  recall?(): Promise<Remembered>
  /**
   * Checks whether an alert could be raised, as far as possible without writing or sending anything.
   * @throws RotationError that says what prevents it, with a hint
   */
  verify(): Promise<void>
}

/** A kind of alert. `S` is what its driver uses of the run. */
export interface AlertKind<C extends TypedConfiguration, S> extends AlertDescriptor<C> {
  create(configuration: C, services: S): AlertPort
}
