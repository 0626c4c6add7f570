import { D1Lock } from '../locks/d1-lock.ts'
import { DurableObjectLock, coordinatorErrorMapper } from '../locks/durable-object-lock.ts'
import { KvLock } from '../locks/kv-lock.ts'
import { NoLock } from '../locks/no-lock.ts'
import type { Lock } from '../rotation/model/lock.ts'
import type { RunServices } from './services.ts'

/** Makes the lock of a rotation. */
export function createLock(services: RunServices, rotation: string): Lock {
  const { configuration, clock, random, run, nonce } = services.dependencies
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
        account: services.account('lock'),
        namespaceId: lock['namespace-id'],
        reporter: services.reporterOf(rotation)
      })
    case 'd1':
      return new D1Lock({ ...shared, account: services.account('lock'), databaseId: lock['database-id'] })
    case 'durable-object':
      return new DurableObjectLock({
        ...shared,
        url: lock.url,
        tokenName: lock.token,
        token: services.values.allOf(lock.token)[0],
        accountId: configuration['account-id'],
        fetch: services.apiFetch(coordinatorErrorMapper)
      })
  }
}
