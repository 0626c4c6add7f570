import * as v from 'valibot'
import type { CloudflareServices } from '../cloudflare/services.ts'
import { described, hexId } from '../kernel/fields.ts'
import type { LockKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { KvLock } from './kv-lock.ts'
import { leaseTime } from './lease-time.ts'
import { lockOptions } from './lock-options.ts'

const schema = v.strictObject({
  type: v.literal('kv'),
  'namespace-id': described(
    hexId('the id of a Workers KV namespace'),
    'The Workers KV namespace that holds the locks.'
  ),
  // Cloudflare's documented minimum of `expiration_ttl`.
  ttl: leaseTime('How long a lock is held at most.', 'Workers KV keeps nothing for less')
})

/** An advisory lock in Workers KV. */
export const kvKind: LockKind<v.InferOutput<typeof schema>, DriverServices & CloudflareServices> = {
  type: 'kv',
  schema,
  permissions: () => [{ role: 'lock', permission: 'Workers KV Storage Write' }],
  create: (lock, services, { name }) =>
    new KvLock({
      ...lockOptions(lock, services, name),
      account: services.account('lock'),
      namespaceId: lock['namespace-id'],
      reporter: services.reporterOf(name)
    })
}
