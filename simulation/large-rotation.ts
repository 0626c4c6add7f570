import { R2_KEY } from '../sandbox/configurations.ts'
import { secretAccessKeyOf } from '../sandbox/r2/key.ts'
import { seedR2Files, type R2Files } from '../sandbox/seed-r2.ts'
import { commandStoreOf } from './command-stores.ts'
import { CONFIRMED, configure, type Keys } from './configurations.ts'
import { addWorkersToken } from './elsewhere.ts'
import type { Kind } from './kinds.ts'
import { useSynchronousSigning } from './synchronous-signing.ts'
import { DAY } from './times.ts'
import type { World } from './world.ts'

/** Names that two Workers give the key. */
const WORKERS = {
  site: { R2_ACCESS_KEY_ID: 'FILES_KEY_ID', R2_SECRET_ACCESS_KEY: 'FILES_KEY_SECRET' },
  upload: { R2_ACCESS_KEY_ID: 'S3_ACCESS_KEY_ID', R2_SECRET_ACCESS_KEY: 'S3_SECRET_ACCESS_KEY' }
} as const

/** Scripts of the two Workers. */
export const SCRIPTS = ['site', 'upload'] as const

/** The R2 key at two environments and a Worker under names of their own, and at some more destinations. */
export function rotateR2KeyAt(...more: readonly Keys[]): string {
  return configure(R2_KEY, {
    top: { auth: { workers: 'WORKERS_TOKEN' } },
    moreDestinations: { after: [workerSecret('site'), ...more] }
  })
}

/** Destination of one of the Workers. */
export function workerSecret(script: keyof typeof WORKERS): Keys {
  return { type: 'worker-secret', script, names: WORKERS[script] }
}

/** An R2 key at two environments, in two Workers, and at a destination that a command writes. */
export const LARGE = rotateR2KeyAt(workerSecret('upload'), CONFIRMED)

/** Adds the bucket with its key at every destination, and the token that may write secrets of Workers. */
export function addLargeRotation({ sandbox, account }: Pick<World, 'sandbox' | 'account'>): R2Files {
  const files = seedR2Files(sandbox, account)
  const values = {
    R2_ACCESS_KEY_ID: files.token.id,
    R2_SECRET_ACCESS_KEY: secretAccessKeyOf(files.token)
  } as const
  for (const script of SCRIPTS) {
    const { R2_ACCESS_KEY_ID: id, R2_SECRET_ACCESS_KEY: secret } = WORKERS[script]
    const secrets = { [id]: values.R2_ACCESS_KEY_ID, [secret]: values.R2_SECRET_ACCESS_KEY, OTHER: 'other' }
    sandbox.cloudflare.workers.addScript(script, { secrets })
  }
  Object.assign(commandStoreOf(sandbox, 'vault').values, values)
  addWorkersToken({ sandbox, account })
  return files
}

/** A later rotation of it; a test of its own breaks each of its calls, not the matrix. */
export const LARGE_KIND: Kind = {
  name: 'r2-large-later',
  configuration: LARGE,
  world: { ttlMs: 4_000 * DAY },
  before: 1,
  intervalMs: 31 * DAY,
  prepare: (world) => {
    useSynchronousSigning()
    addLargeRotation(world)
  }
}
