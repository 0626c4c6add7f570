import * as v from 'valibot'
import type { LockKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { leaseTime } from './lease-time.ts'
import { NoLock } from './no-lock.ts'

const schema = v.strictObject({
  type: v.literal('none'),
  ttl: leaseTime('How long a run may be at work at most.')
})

/** No lock: the workflow's concurrency group alone keeps runs apart. */
export const noLockKind: LockKind<v.InferOutput<typeof schema>, DriverServices> = {
  type: 'none',
  schema,
  create: ({ ttl }, { clock, reporter, shared }, { waitsMs }) => {
    shared('no lock', () =>
      reporter.info(
        "There is no lock: only the workflow's concurrency group keeps two runs apart, and only within this repository."
      )
    )
    // Nothing extends this lease, and waiting for gates is no work.
    return new NoLock(clock, ttl + waitsMs)
  }
}
