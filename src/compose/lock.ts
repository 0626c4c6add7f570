import { D1Lock } from '../locks/d1-lock.ts'
import { DurableObjectLock, coordinatorDialect } from '../locks/durable-object-lock.ts'
import { KvLock } from '../locks/kv-lock.ts'
import { NoLock } from '../locks/no-lock.ts'
import type { Lock } from '../rotation/model/ports.ts'
import type { Workshop } from './services.ts'

/** Makes the lock of a rotation. */
export function createLock(shop: Workshop, rotation: string): Lock {
  const { configuration, clock, random, run, nonce } = shop.parts
  const { lock } = configuration
  if (lock.type === 'none') return new NoLock(clock, lock.ttl)
  const shared = {
    rotation,
    ttlMs: lock.ttl,
    owner: { runId: run.runId, attempt: run.attempt, nonce },
    runUrl: run.runUrl,
    clock,
    random
  }
  switch (lock.type) {
    case 'kv':
      return new KvLock({
        ...shared,
        account: shop.account('lock'),
        namespaceId: lock['namespace-id'],
        reporter: shop.reporterOf(rotation)
      })
    case 'd1':
      return new D1Lock({ ...shared, account: shop.account('lock'), databaseId: lock['database-id'] })
    case 'durable-object':
      return new DurableObjectLock({
        ...shared,
        url: lock.url,
        tokenName: lock.token,
        token: shop.values.allOf(lock.token)[0],
        accountId: configuration['account-id'],
        fetch: shop.apiFetch(coordinatorDialect)
      })
  }
}
