import type { LockRequest } from './lock-request.ts'

/** State of a Durable Object with SQLite, as far as it is used here. */
export interface LockState {
  readonly storage: {
    readonly sql: {
      exec(
        statement: string,
        ...values: readonly (string | number | null)[]
      ): { toArray(): Record<string, unknown>[] }
    }
    setAlarm(at: number): Promise<void>
    deleteAlarm(): Promise<void>
  }
}

interface Holder {
  readonly owner: string
  readonly run: string
  readonly expiresAt: number
}

/**
 * Durable Object that holds one lock. Nothing is awaited between reading and writing, so that no other request interleaves; a response leaves only
 * once its change is on disk. Every request checks the expiry: the alarm only cleans up.
 */
export class RotationLock {
  readonly #storage: LockState['storage']
  readonly #now: () => number

  /** @param now the clock in milliseconds; the runtime passes none, so the Worker's own clock is used */
  constructor(state: LockState, _env: unknown, now: () => number = () => Date.now()) {
    this.#storage = state.storage
    this.#now = now
    this.#storage.sql.exec(`CREATE TABLE IF NOT EXISTS lock (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      owner TEXT,
      run TEXT,
      expires_at INTEGER NOT NULL,
      fence INTEGER NOT NULL
    )`)
    this.#storage.sql.exec('INSERT OR IGNORE INTO lock VALUES (1, NULL, NULL, 0, 0)')
  }

  /** Carries out an {@link LockRequest}, which the Worker has checked; repeating one has no further effect. */
  async fetch(request: Request): Promise<Response> {
    const order = (await request.json()) as LockRequest
    switch (order.kind) {
      case 'read':
        return Response.json(this.#describe() ?? { state: 'free', fence: this.#fence() })
      case 'claim':
        return Response.json(await this.#claim(order))
      case 'renew':
        return Response.json(await this.#renew(order))
      case 'release':
        return Response.json(await this.#release(order))
    }
  }

  /** Removes a holder whose lease has expired; the fence stays, so that it never decreases. */
  async alarm(): Promise<void> {
    const holder = this.#holder()
    if (holder !== undefined) await this.#storage.setAlarm(holder.expiresAt)
    else this.#forget()
  }

  async #claim(order: Extract<LockRequest, { kind: 'claim' }>): Promise<object> {
    const holder = this.#holder()
    if (holder !== undefined && holder.owner !== order.owner && holder.owner !== order.supersedes) {
      return this.#describe()!
    }
    const fence = holder?.owner === order.owner ? this.#fence() : this.#fence() + 1
    const expiresAt = this.#now() + order.ttlMs
    this.#storage.sql.exec(
      'UPDATE lock SET owner = ?, run = ?, expires_at = ?, fence = ?',
      order.owner,
      order.run,
      expiresAt,
      fence
    )
    await this.#storage.setAlarm(expiresAt)
    return { state: 'mine', fence }
  }

  async #renew({ owner, fence, ttlMs }: Extract<LockRequest, { kind: 'renew' }>): Promise<object> {
    if (this.#holder()?.owner !== owner || this.#fence() !== fence) return { state: 'lost' }
    const expiresAt = this.#now() + ttlMs
    this.#storage.sql.exec('UPDATE lock SET expires_at = ?', expiresAt)
    await this.#storage.setAlarm(expiresAt)
    return { state: 'mine' }
  }

  async #release({ owner, fence }: Extract<LockRequest, { kind: 'release' }>): Promise<object> {
    if (this.#holder()?.owner !== owner || (fence !== undefined && this.#fence() !== fence)) {
      return { released: false }
    }
    this.#forget()
    await this.#storage.deleteAlarm()
    return { released: true }
  }

  #holder(): Holder | undefined {
    const { owner, run, expires_at: expiresAt } = this.#row()
    if (typeof owner !== 'string' || typeof run !== 'string' || typeof expiresAt !== 'number')
      return undefined
    return expiresAt > this.#now() ? { owner, run, expiresAt } : undefined
  }

  #fence(): number {
    return Number(this.#row()['fence'])
  }

  #row(): Record<string, unknown> {
    return this.#storage.sql.exec('SELECT owner, run, expires_at, fence FROM lock').toArray()[0]!
  }

  #forget(): void {
    this.#storage.sql.exec('UPDATE lock SET owner = NULL, run = NULL, expires_at = 0')
  }

  #describe(): object | undefined {
    const holder = this.#holder()
    if (holder === undefined) return undefined
    const { owner, run, expiresAt } = holder
    return { state: 'held', by: { owner, run, remainingMs: expiresAt - this.#now(), fence: this.#fence() } }
  }
}
