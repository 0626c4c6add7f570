import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { D1Lock } from '../../src/locks/d1-lock.ts'
import { DurableObjectLock, coordinatorErrorMapper } from '../../src/locks/durable-object-lock.ts'
import type { Clock } from '../../src/kernel/clock.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { ACCOUNT_ID, COORDINATOR_TOKEN, Connection, TTL, runUrlOf, type LockSubject } from './subject.ts'

/** Creates a lock in D1, on the D1 of the Workers runtime. Its clock is the real one, so time passes by changing what is written. */
export async function createWorkerdD1Subject(): Promise<LockSubject> {
  const miniflare = new Miniflare({
    modules: true,
    script: 'export default { fetch: () => new Response(null, { status: 404 }) }',
    d1Databases: { DATABASE: 'rotation-locks' }
  })
  const database = await miniflare.getD1Database('DATABASE')
  const clock = createMovedClock()
  const connection = new Connection(answerQueries(database))
  const account = connection.account('cfat_fake', clock)
  let rotation = 'lock-0'
  let locks = 0
  const passForStore = async (seconds: number): Promise<void> => {
    const statement = 'UPDATE rotate_locks SET expires_at = expires_at - ?2 WHERE name = ?1'
    await database.prepare(statement).bind(rotation, seconds).run()
  }
  return {
    lockOf: (owner) =>
      new D1Lock({
        account,
        databaseId: '5e3b7c1a-92d4-4f60-8a1b-c7d9e0f24b68',
        rotation,
        ttlMs: TTL * 1000,
        owner,
        runUrl: runUrlOf(owner),
        clock,
        random: () => 1
      }),
    async pass(seconds) {
      clock.advance(seconds * 1000)
      await passForStore(seconds)
    },
    passForStore,
    loseAnswers: (count) => connection.loseAnswers(count),
    delayNext: (meanwhile) => connection.delayNext(meanwhile),
    async fence() {
      const row = await database
        .prepare('SELECT fence FROM rotate_locks WHERE name = ?1')
        .bind(rotation)
        .first<{ fence: number }>()
      return Number(row?.fence)
    },
    renew() {
      connection.loseAnswers(0)
      rotation = `lock-${++locks}`
    },
    close: () => miniflare.dispose()
  }
}

/** The real clock with time added by {@link MovedClock.advance} and by sleeps, which return at once. */
interface MovedClock extends Clock {
  advance(ms: number): void
}

function createMovedClock(): MovedClock {
  let ahead = 0
  return {
    advance: (ms) => {
      ahead += ms
    },
    now: () => Date.now() + ahead,
    monotonic: () => performance.now() + ahead,
    sleep: (ms) => {
      ahead += ms
      return Promise.resolve()
    },
    deadline: () => ({ signal: new AbortController().signal, clear: () => undefined })
  }
}

/** Cloudflare's documented query route, served from a D1 binding. */
function answerQueries(database: Awaited<ReturnType<Miniflare['getD1Database']>>): typeof fetch {
  return async (input, init) => {
    const path = new URL(input instanceof Request ? input.url : input).pathname
    if (init?.method?.toUpperCase() !== 'POST' || !path.endsWith('/query')) {
      return Response.json({ success: false, errors: [{ code: 7003, message: 'no route' }] }, { status: 404 })
    }
    const { sql, params = [] } = JSON.parse(init.body as string) as { sql: string; params?: string[] }
    try {
      const { results, success, meta } = await database
        .prepare(sql)
        .bind(...params)
        .all()
      const result = [{ results, success, meta }]
      return Response.json({ success: true, errors: [], messages: [], result })
    } catch (thrown) {
      const message = String(thrown).replace(/^Error: D1_ERROR: /, '')
      return Response.json({ success: false, errors: [{ code: 7500, message }], result: [] }, { status: 400 })
    }
  }
}

/** The deployed coordinator on the Workers runtime, with a clock that can be moved. */
export interface CoordinatorStage {
  readonly url: string
  readonly miniflare: Miniflare
  readonly advance: (seconds: number) => Promise<void>
  /** Triggers the alarm of a lock, as the runtime does when it is due. */
  ringAlarm(lock: string): Promise<void>
}

/** Bundles the coordinator and starts it on a loopback port. */
export async function startCoordinator({
  token = COORDINATOR_TOKEN,
  persist
}: { token?: string | undefined; persist?: string } = {}): Promise<CoordinatorStage> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('coordinator-entry.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false
  })
  const miniflare = new Miniflare({
    modules: true,
    script: outputFiles[0]!.text,
    compatibilityDate: '2026-07-01',
    durableObjects: { LOCKS: { className: 'ClockedLock', useSQLite: true } },
    bindings: token === '' ? {} : { COORDINATOR_TOKEN: token },
    ...(persist === undefined ? {} : { durableObjectsPersist: persist })
  })
  const url = String(await miniflare.ready).replace(/\/$/, '')
  const post = async (path: string): Promise<void> => {
    const response = await fetch(url + path, { method: 'POST' })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    await response.body?.cancel()
  }
  return {
    url,
    miniflare,
    advance: (seconds) => post(`/test/advance?seconds=${seconds}`),
    ringAlarm: (lock) => post(`/test/alarm?lock=${encodeURIComponent(lock)}`)
  }
}

/** Creates a lock in a Durable Object, behind the real coordinator. */
export async function createDurableObjectSubject(): Promise<LockSubject> {
  const { url, miniflare, advance } = await startCoordinator()
  const clock = createMovedClock()
  const connection = new Connection(globalThis.fetch)
  const api = connection.api(coordinatorErrorMapper, clock)
  let rotation = 'lock-0'
  let locks = 0
  return {
    lockOf: (owner) =>
      new DurableObjectLock({
        url,
        tokenName: 'ROTATE_COORDINATOR_TOKEN',
        token: new Secret(COORDINATOR_TOKEN),
        accountId: ACCOUNT_ID,
        rotation,
        ttlMs: TTL * 1000,
        owner,
        runUrl: runUrlOf(owner),
        clock,
        fetch: api
      }),
    async pass(seconds) {
      clock.advance(seconds * 1000)
      await advance(seconds)
    },
    passForStore: advance,
    loseAnswers: (count) => connection.loseAnswers(count),
    delayNext: (meanwhile) => connection.delayNext(meanwhile),
    async fence() {
      const response = await fetch(`${url}/locks/${ACCOUNT_ID}.${rotation}`, {
        headers: { authorization: `Bearer ${COORDINATOR_TOKEN}` }
      })
      return ((await response.json()) as { by: { fence: number } }).by.fence
    },
    renew() {
      connection.loseAnswers(0)
      rotation = `lock-${++locks}`
    },
    close: () => miniflare.dispose()
  }
}
