import type { LockConfiguration } from '../kernel/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'

/** What every lock that has a store is made from. */
export function lockOptions({ ttl }: LockConfiguration, services: DriverServices, rotation: string) {
  const { run, nonce, clock, random } = services
  return {
    rotation,
    ttlMs: ttl,
    owner: { runId: run.runId, attempt: run.attempt, nonce },
    runUrl: run.runUrl,
    clock,
    random
  }
}
