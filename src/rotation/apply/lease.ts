import { asRotationError } from '../../kernel/error.ts'
import type { Lease } from '../model/lock.ts'
import type { RotationContext } from '../model/rotation.ts'
import type { RunLog } from './run-log.ts'

/** Time that must be left of the lease when a writing phase begins, in milliseconds; one call may take 20 seconds and be retried. */
export const PHASE_MS = 60_000

/** Time that must be left of the lease while it cannot be renewed, in milliseconds. */
const SPARE_MS = 30_000

/** Run that holds the lock. */
export interface LeaseScope {
  readonly context: RotationContext
  readonly log: RunLog
  readonly lease: Lease
}

/** Callbacks of {@link withLock}. */
export interface LockedWork<Seen, T> {
  /** Reads under the lock, and changes nothing. */
  readonly observe: () => Promise<Seen>
  /** Ends a run that did not get the lock. */
  readonly whenHeld: (by: string) => T
  readonly work: (scope: LeaseScope, seen: Seen) => Promise<T>
}

/** Acquires the lock, observes under it, works, and releases the lock whatever happens. */
export async function withLock<Seen, T>(
  context: RotationContext,
  log: RunLog,
  { observe, whenHeld, work }: LockedWork<Seen, T>
): Promise<T> {
  const { rotation, runState } = context
  runState.beforeLock(rotation.name)
  const claim = await log.step('acquire', () => rotation.lock.acquire())
  if (claim.state === 'held') return whenHeld(claim.by)
  const scope: LeaseScope = { context, log, lease: claim.lease }
  const [rival, seen] = await Promise.allSettled([claim.findRival(), observe()])
  // The lock is the rival's: there is nothing to release.
  if (rival.status === 'fulfilled' && rival.value !== undefined) return whenHeld(rival.value)
  try {
    if (rival.status === 'rejected') throw asRotationError(rival.reason)
    if (seen.status === 'rejected') throw asRotationError(seen.reason)
    return await work(scope, seen.value)
  } finally {
    await release(scope)
  }
}

/** Releases the lock. A lock expires by itself, so a failure is only worth a warning. */
async function release({ context, log, lease }: LeaseScope): Promise<void> {
  try {
    await log.step('release', () => lease.release())
  } catch (thrown) {
    const warning = `The lock could not be released; it expires by itself (${asRotationError(thrown).message})`
    log.warnings.push(warning)
    context.reporter.warning(warning)
  }
}

/** Makes sure that a writing phase fits into the lease. @throws RotationError `lease-lost` */
export async function requireLease({ lease }: LeaseScope): Promise<void> {
  if (!lease.lasts(PHASE_MS)) await lease.renew(PHASE_MS)
}

/** Renews the lease in time. A failure is met again at the next look, as long as the lease lasts. */
export async function keepLease(scope: LeaseScope): Promise<void> {
  try {
    await requireLease(scope)
  } catch (thrown) {
    if (asRotationError(thrown).code === 'lease-lost' || !scope.lease.lasts(SPARE_MS)) throw thrown
  }
}

/** Does something that may take longer than the lease lasts, and renews it meanwhile. */
async function whileKeeping<T>(scope: LeaseScope, work: () => Promise<T>): Promise<T> {
  const { clock } = scope.context
  const done = new AbortController()
  const keep = async (): Promise<void> => {
    while (!done.signal.aborted) {
      await clock.sleep(SPARE_MS, done.signal)
      if (!done.signal.aborted) await keepLease(scope)
    }
  }
  // A lease that is lost is found by the next phase.
  const keeping = keep().catch(() => undefined)
  try {
    return await work()
  } finally {
    done.abort()
    await keeping
  }
}

/** Does something that reads writes back. Where that may take longer than the lease lasts, the lease is renewed meanwhile. */
export async function whileConfirming<T>(scope: LeaseScope, work: () => Promise<T>): Promise<T> {
  const isLate = scope.context.rotation.destinations.some(({ confirmsLate }) => confirmsLate === true)
  return await (isLate ? whileKeeping(scope, work) : work())
}
