import * as v from 'valibot'
import type { HttpServices } from '../http/error-mapper.ts'
import { described, text, variable } from '../kernel/fields.ts'
import { isCoordinatorUrl } from '../kernel/safe-url.ts'
import type { LockKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { DurableObjectLock, coordinatorErrorMapper } from './durable-object-lock.ts'
import { leaseTime } from './lease-time.ts'
import { lockOptions } from './lock-options.ts'

const schema = v.strictObject({
  type: v.literal('durable-object'),
  url: described(
    v.pipe(
      text('the URL of the coordinator'),
      v.check(
        isCoordinatorUrl,
        'must be the https URL of the coordinator, without a user, a query or a fragment (http only on this machine)'
      )
    ),
    'Where the Worker in `coordinator/` is deployed.'
  ),
  token: described(
    v.optional(variable, 'ROTATE_COORDINATOR_TOKEN'),
    'The environment variable that holds what the Worker has as `COORDINATOR_TOKEN`.'
  ),
  ttl: leaseTime('How long a lock is held at most, until it is renewed.')
})

/** A lock in a Durable Object of the coordinator. */
export const durableObjectKind: LockKind<v.InferOutput<typeof schema>, DriverServices & HttpServices> = {
  type: 'durable-object',
  schema,
  // People choose this token, so that it may be short and have any character that fits on a line.
  variables: ({ token }) => [{ path: 'token', name: token, secret: true, holds: 'line' }],
  create: (lock, services, { name }) =>
    new DurableObjectLock({
      ...lockOptions(lock, services, name),
      url: lock.url,
      tokenName: lock.token,
      token: services.valuesOf(lock.token)[0],
      accountId: services.accountId,
      fetch: services.apiFetch(coordinatorErrorMapper)
    })
}
