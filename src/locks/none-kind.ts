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
  create: ({ ttl }, { clock }) => new NoLock(clock, ttl)
}
