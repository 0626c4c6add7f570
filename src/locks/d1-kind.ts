import * as v from 'valibot'
import type { CloudflareServices } from '../cloudflare/services.ts'
import { described, matching } from '../kernel/fields.ts'
import type { LockKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { D1Lock } from './d1-lock.ts'
import { leaseTime } from './lease-time.ts'
import { lockOptions } from './lock-options.ts'

const databaseId = matching(
  /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/,
  'the id of a D1 database: a UUID in lower case'
)

const schema = v.strictObject({
  type: v.literal('d1'),
  'database-id': described(databaseId, 'The D1 database that holds the locks, in a table of its own.'),
  ttl: leaseTime('How long a lock is held at most, until it is renewed.')
})

/** A lock in a D1 database. */
export const d1Kind: LockKind<v.InferOutput<typeof schema>, DriverServices & CloudflareServices> = {
  type: 'd1',
  schema,
  permissions: () => [{ role: 'lock', permission: 'D1 Write' }],
  create: (lock, services, { name }) =>
    new D1Lock({
      ...lockOptions(lock, services, name),
      account: services.account('lock'),
      databaseId: lock['database-id']
    })
}
