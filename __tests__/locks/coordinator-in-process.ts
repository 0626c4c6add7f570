import worker, { RotationLock } from '../../coordinator/src/index.ts'
import type { LockState } from '../../coordinator/src/rotation-lock.ts'
import { COORDINATOR_TOKEN } from './subject.ts'

/** Runs the real coordinator without the Workers runtime, on an injected clock and with a SQLite database for each lock. */
export function createCoordinator(now: () => number): (request: Request) => Promise<Response> {
  const locks = new Map<string, RotationLock>()
  const env = {
    COORDINATOR_TOKEN,
    LOCKS: {
      idFromName: (name: string): unknown => name,
      get(id: unknown) {
        const name = String(id)
        const lock = locks.get(name) ?? new RotationLock(createState(), undefined, now)
        locks.set(name, lock)
        return { fetch: (url: string, init: RequestInit) => lock.fetch(new Request(url, init)) }
      }
    }
  }
  return (request) => worker.fetch(request, env)
}

function createState(): LockState {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const database = new DatabaseSync(':memory:')
  return {
    storage: {
      sql: {
        exec: (statement, ...values) => {
          const rows = database.prepare(statement).all(...values)
          return { toArray: () => rows }
        }
      },
      setAlarm: () => Promise.resolve(),
      deleteAlarm: () => Promise.resolve()
    }
  }
}
