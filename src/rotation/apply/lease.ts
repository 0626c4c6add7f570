import { asRotationError } from '../../kernel/error.ts'
import type { RunLog } from './run-log.ts'
import type { Lease } from '../model/ports.ts'
import type { RotationContext } from '../model/rotation.ts'

/** A writing phase is begun only with so much of the lease left, in milliseconds; one call may take 20 seconds and be tried again. */
export const PHASE_MS = 60_000

/** A lease while a run works under it. */
export interface Held {
  readonly context: RotationContext
  readonly log: RunLog
  readonly lease: Lease
  /** The second half of giving it back, where the first was made already. */
  prepared?: (() => Promise<void>) | undefined
}

/** Works under a lease, and gives it back whatever happens; it expires by itself, so that a failure to do so is only worth a warning. */
export async function withLease<T>(held: Held, work: () => Promise<T>): Promise<T> {
  const { context, log, lease } = held
  try {
    return await work()
  } finally {
    try {
      await log.step('release', async () => {
        const release = held.prepared ?? (await lease.prepareRelease())
        await release()
      })
    } catch (thrown) {
      const warning = `The lock could not be given back; it expires by itself (${asRotationError(thrown).message})`
      log.warnings.push(warning)
      context.reporter.warning(warning)
    }
  }
}
