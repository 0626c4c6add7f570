import * as v from 'valibot'
import type { CloudflareAccount } from '../cloudflare/account.ts'
import { parseAnswer } from '../http/parse-answer.ts'
import { RotationError } from '../kernel/error.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import { backoffMs, type RetryPolicy } from '../kernel/retry.ts'
import {
  FencedLock,
  type Claim,
  type ClaimAnswer,
  type FencedClaim,
  type FencedLockOptions,
  type Holder,
  type LockStore
} from './fenced-lock.ts'
import { LONGEST_TTL_MS } from './lock-owner.ts'

/** Options of a lock in a D1 database. */
export interface D1LockOptions extends FencedLockOptions {
  readonly account: CloudflareAccount
  readonly databaseId: string
  /** Name of the rotation and of its lock. */
  readonly rotation: string
  readonly random: () => number
}

/** Lock in a D1 database: one row of the table `rotate_locks`, which is created when it is first needed. */
export class D1Lock extends FencedLock {
  constructor(options: D1LockOptions) {
    super(new D1Store(options), options)
  }
}

/**
 * Instants are whole seconds of the database's clock. One second is added to each lease, since `unixepoch()` drops the fraction of the second in
 * which it began: so a lease never ends earlier at the database than its holder believes.
 */
const END = 'unixepoch() + 1 + CAST(?4 AS INTEGER)'

/** Longest remaining time of a lease, in seconds: a row that ends later was not written by a run. */
const LONGEST_SECONDS = LONGEST_TTL_MS / 1000 + 60

const CREATE = `CREATE TABLE IF NOT EXISTS rotate_locks (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  run TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  fence INTEGER NOT NULL
)`

const READ = `SELECT owner, run, expires_at - unixepoch() AS remaining FROM rotate_locks WHERE name = ?1`

/** A holder that claims the lock again keeps its fence, so that a repeated or late claim is the same claim. */
const CLAIM = `INSERT INTO rotate_locks (name, owner, run, expires_at, fence) VALUES (?1, ?2, ?3, ${END}, 1)
ON CONFLICT (name) DO UPDATE SET
  fence = rotate_locks.fence + (rotate_locks.owner <> excluded.owner OR rotate_locks.expires_at <= unixepoch()),
  owner = excluded.owner, run = excluded.run, expires_at = excluded.expires_at
WHERE rotate_locks.expires_at <= unixepoch() OR rotate_locks.expires_at > unixepoch() + ${LONGEST_SECONDS} OR rotate_locks.owner IN (excluded.owner, ?5)
RETURNING fence`

const RENEW = `UPDATE rotate_locks SET expires_at = ${END}
WHERE name = ?1 AND owner = ?2 AND fence = CAST(?3 AS INTEGER) AND expires_at > unixepoch() RETURNING fence`

/** The row stays and keeps the fence, which thus never decreases. */
const RELEASE = `UPDATE rotate_locks SET expires_at = unixepoch()
WHERE name = ?1 AND owner = ?2 AND expires_at > unixepoch() AND (?3 = '' OR fence = CAST(?3 AS INTEGER)) RETURNING fence`

const answerSchema = v.tuple([v.looseObject({ success: v.literal(true), results: v.array(v.unknown()) })])
const fenceRow = v.looseObject({ fence: v.pipe(v.number(), v.integer(), v.minValue(1)) })
const holderRow = v.looseObject({
  owner: v.string(),
  run: v.string(),
  remaining: v.number()
})

const RETRIES: RetryPolicy = { attempts: 4, firstDelayMs: 500, maxDelayMs: 8_000 }

class D1Store implements LockStore {
  readonly label: string
  readonly #options: D1LockOptions

  constructor(options: D1LockOptions) {
    this.#options = options
    this.label = `D1 ${options.databaseId}, lock ${options.rotation}`
  }

  async findHolder(): Promise<Holder | undefined> {
    const [row] = (await this.#query(READ, [])) ?? []
    if (row === undefined) return undefined
    const { owner, run, remaining } = parseAnswer(holderRow, row, 'reading the lock in D1')
    if (remaining <= 0 || remaining > LONGEST_SECONDS) return undefined
    return { owner, run, remainingMs: remaining * 1000 }
  }

  async claim({ owner, run, ttlMs, supersedes }: Claim): Promise<ClaimAnswer> {
    const claim = (): Promise<readonly unknown[] | undefined> =>
      this.#query(CLAIM, [owner, run, secondsOf(ttlMs), supersedes ?? owner])
    const rows = (await claim()) ?? (await this.#createTable().then(claim))
    if (rows === undefined) {
      throw new RotationError('bad-answer', 'The table rotate_locks was created, but does not exist.', {
        hint: 'Run again; if this persists, create the table by hand.',
        effect: 'unknown'
      })
    }
    const [row] = rows
    if (row === undefined) return { state: 'held', by: await this.findHolder() }
    return { state: 'mine', fence: parseAnswer(fenceRow, row, 'claiming the lock in D1').fence }
  }

  async renew({ owner, fence }: FencedClaim, ttlMs: number): Promise<boolean> {
    return isChanged(await this.#query(RENEW, [owner, String(fence), secondsOf(ttlMs)]))
  }

  async release({ owner, fence }: { readonly owner: string; readonly fence?: number }): Promise<boolean> {
    return isChanged(await this.#query(RELEASE, [owner, fence === undefined ? '' : String(fence)]))
  }

  async #createTable(): Promise<void> {
    await this.#query(CREATE, undefined)
  }

  /**
   * Runs one statement; its first parameter is the lock's name. Repeats a call that may have been carried out, since every statement here may be
   * repeated. Returns undefined where the table does not exist.
   */
  async #query(sql: string, params: readonly string[] | undefined): Promise<readonly unknown[] | undefined> {
    const { account, databaseId, rotation, clock, random } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        const page = await account.call((sdk, account_id) =>
          sdk.d1.database.query(
            databaseId,
            withoutUndefined({ account_id, sql, params: params && [rotation, ...params] })
          )
        )
        const [{ results }] = parseAnswer(answerSchema, page.result, 'a query in D1')
        return results
      } catch (thrown) {
        if (isMissingTable(thrown)) return undefined
        if (!mayBeRepeated(thrown) || attempt >= RETRIES.attempts) throw thrown
        await clock.sleep(backoffMs(RETRIES, attempt, random))
      }
    }
  }
}

function isChanged(rows: readonly unknown[] | undefined): boolean {
  return rows !== undefined && rows.length > 0
}

/** D1's message of an SQL error begins with SQLite's own message. */
function isMissingTable(thrown: unknown): boolean {
  return thrown instanceof RotationError && thrown.message.includes('no such table: rotate_locks')
}

/** A call that was certainly not carried out has been repeated already. */
function mayBeRepeated(thrown: unknown): boolean {
  return thrown instanceof RotationError && thrown.retryable && thrown.effect !== 'not-applied'
}

function secondsOf(ms: number): string {
  return String(Math.ceil(ms / 1000))
}
