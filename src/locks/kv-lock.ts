import * as v from 'valibot'
import type { CloudflareAccount } from '../cloudflare/account.ts'
import { API_CODES } from '../cloudflare/errors/error-codes.ts'
import { RUNNER_CLOCK_TOLERANCE_MS, formatInstant, type Clock } from '../kernel/clock.ts'
import { RotationError, withContext, isNotFound } from '../kernel/error.ts'
import type { Reporter } from '../rotation/model/ports.ts'
import type { Lease, Lock, LockClaim } from '../rotation/model/lock.ts'
import { instantOf, since, type Instant } from './stopwatch.ts'
import { backoffMs } from '../kernel/retry.ts'
import { LONGEST_TTL_MS, formatOwner, isOurs, type LockOwner } from './lock-owner.ts'

/** Options of a lock in Workers KV. */
export interface KvLockOptions {
  readonly account: CloudflareAccount
  readonly namespaceId: string
  /** Name of the rotation; the lock's key is `rotate/<name>`. */
  readonly rotation: string
  readonly ttlMs: number
  readonly owner: LockOwner
  /** Link to the run, for people who find the lock held. */
  readonly runUrl: string
  readonly clock: Clock
  readonly random: () => number
  readonly reporter: Reporter
}

const entrySchema = v.looseObject({
  owner: v.string(),
  run: v.pipe(v.string(), v.maxLength(500)),
  /** Milliseconds since the epoch. */
  expires: v.optional(v.number()),
  /** Duration for which it was acquired, in milliseconds. */
  ttl: v.optional(v.number())
})

type Entry = v.InferOutput<typeof entrySchema>

/** How often the lock is read back while a read does not show the write. */
const READ_BACKS = 4
/** Workers KV accepts one write per key and second. */
const WRITE_INTERVAL_MS = 1_000

/**
 * Lock in Workers KV. KV has no compare-and-set and its reads may be stale, so this lock is advisory: it keeps well-behaved runs apart, and no
 * rotation depends on it alone.
 */
export class KvLock implements Lock {
  readonly label: string
  readonly #options: KvLockOptions

  constructor(options: KvLockOptions) {
    this.#options = options
    this.label = `Workers KV ${options.namespaceId}, key ${keyOf(options)}`
  }

  async acquire(): Promise<LockClaim> {
    const entry = await this.#readOther()
    if (entry !== undefined) {
      if (isHeld(entry, this.#options.clock.now())) return { state: 'held', by: describeHolder(entry) }
      this.#warnOfEndless(entry)
    }
    const lease = new KvLease(this.#options)
    await lease.write()
    return { state: 'acquired', lease, findRival: () => this.#findRival() }
  }

  async findHolder(): Promise<string | undefined> {
    const entry = await this.#readOther()
    return entry !== undefined && isHeld(entry, this.#options.clock.now()) ? describeHolder(entry) : undefined
  }

  /** Reads the entry, where it is another run's. */
  async #readOther(): Promise<Entry | undefined> {
    const entry = await readEntry(this.#options)
    return entry === undefined || isOurs(entry.owner, this.#options.owner) ? undefined : entry
  }

  /** Warns of an entry that never expires, which is not a lease of any run. Expired entries are normal: every killed run leaves one. */
  #warnOfEndless(entry: Entry): void {
    if (entry.expires !== undefined && entry.expires <= this.#options.clock.now()) return
    this.#options.reporter.warning(
      `${this.label}: the entry of ${entry.run} ends later than any lock does, or never. It counts as free, and is overwritten.`
    )
  }

  async reclaim(): Promise<boolean> {
    const entry = await readEntry(this.#options)
    if (entry === undefined || entry.owner !== formatOwner(this.#options.owner)) return false
    await deleteEntry(this.#options)
    return true
  }

  /** Finds the run that has the lock: of runs that write at the same time, the last one. A read that does not show the write yet decides nothing. */
  async #findRival(): Promise<string | undefined> {
    const { clock, random, owner, reporter } = this.#options
    for (let attempt = 1; attempt <= READ_BACKS; attempt++) {
      const entry = await readEntry(this.#options)
      if (entry?.owner === formatOwner(owner)) return undefined
      if (entry !== undefined && isHeld(entry, clock.now()) && !isOurs(entry.owner, owner))
        return describeHolder(entry)
      await clock.sleep(
        backoffMs({ attempts: READ_BACKS, firstDelayMs: 500, maxDelayMs: 4_000 }, attempt, random)
      )
    }
    reporter.warning(
      `${this.label}: Workers KV does not show the lock yet that this run wrote. The run continues: a rotation is safe without a lock.`
    )
    return undefined
  }
}

class KvLease implements Lease {
  readonly #options: KvLockOptions
  #began: Instant | undefined
  #writtenAt = 0

  constructor(options: KvLockOptions) {
    this.#options = options
  }

  /** Writes the entry; the lease begins before the call, so that it never ends later than the entry. */
  async write(): Promise<void> {
    const { account, namespaceId, ttlMs, owner, runUrl, clock } = this.#options
    const began = instantOf(clock)
    const entry: Entry = { owner: formatOwner(owner), run: runUrl, expires: began.wall + ttlMs, ttl: ttlMs }
    try {
      await account.call((sdk, account_id) =>
        sdk.kv.namespaces.values.update(keyOf(this.#options), {
          account_id,
          namespace_id: namespaceId,
          value: JSON.stringify(entry),
          expiration_ttl: Math.ceil(ttlMs / 1000)
        })
      )
    } catch (thrown) {
      throw withContext(thrown, 'The lock could not be written')
    }
    this.#began = began
    this.#writtenAt = clock.monotonic()
  }

  lasts(neededMs: number): boolean {
    return this.#remainingMs() >= Math.min(neededMs, this.#options.ttlMs / 2)
  }

  /** Writes only where it must: Workers KV accepts one write per key and second. */
  async renew(neededMs: number): Promise<void> {
    if (this.lasts(neededMs)) return
    if (this.#remainingMs() <= 0) {
      throw new RotationError(
        'lease-lost',
        `The lock expired at ${formatInstant(this.#options.clock.now())} while the run was still in progress.`,
        { hint: 'Set a longer lock.ttl.' }
      )
    }
    await this.write()
  }

  /** Deletes the entry. While the lease lasts, the entry is this run's; afterwards another run may have written it. */
  async release(): Promise<void> {
    const { clock, owner } = this.#options
    if (this.#remainingMs() <= 0) {
      const entry = await readEntry(this.#options)
      if (entry?.owner !== formatOwner(owner)) return
    }
    this.#began = undefined
    const early = this.#writtenAt + WRITE_INTERVAL_MS - clock.monotonic()
    if (early > 0) await clock.sleep(early)
    await deleteEntry(this.#options)
  }

  #remainingMs(): number {
    const { clock, ttlMs } = this.#options
    return this.#began === undefined ? 0 : ttlMs - since(clock, this.#began)
  }
}

async function readEntry(options: KvLockOptions): Promise<Entry | undefined> {
  const { account, namespaceId } = options
  let text: string
  try {
    const response = await account.call((sdk, account_id) =>
      sdk.kv.namespaces.values.get(keyOf(options), { account_id, namespace_id: namespaceId })
    )
    text = await response.text()
  } catch (thrown) {
    if (isNotFound(thrown) && thrown.call?.apiCode === API_CODES.keyNotFound) return undefined
    const error = withContext(thrown, 'The lock could not be read')
    if (!isNotFound(thrown)) throw error
    throw error.with({
      hint: `Check lock.namespace-id (${namespaceId}) and account-id: this account has no such KV namespace.`
    })
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), entrySchema), text)
  if (parsed.success) return parsed.output
  throw new RotationError(
    'bad-answer',
    `The key ${keyOf(options)} in Workers KV ${namespaceId} holds something that is not a lock.`,
    {
      hint: 'Use a namespace of its own for locks, or delete the key.'
    }
  )
}

async function deleteEntry(options: KvLockOptions): Promise<void> {
  const { account, namespaceId } = options
  await account.call((sdk, account_id) =>
    sdk.kv.namespaces.values.delete(keyOf(options), { account_id, namespace_id: namespaceId })
  )
}

function keyOf({ rotation }: KvLockOptions): string {
  return `rotate/${rotation}`
}

/** Whether an entry is a valid lock: it has an end, no further away than the duration for which it was acquired. */
function isHeld({ expires, ttl }: Entry, now: number): boolean {
  if (expires === undefined) return false
  const remaining = expires - now
  return (
    remaining > 0 && remaining <= Math.min(ttl ?? LONGEST_TTL_MS, LONGEST_TTL_MS) + RUNNER_CLOCK_TOLERANCE_MS
  )
}

function describeHolder({ run, expires = 0 }: Entry): string {
  return `${run}, until ${formatInstant(expires)} at the latest`
}
