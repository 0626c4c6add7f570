import type { CloudflareAccount } from '../cloudflare/account.ts'
import { secretsQuotaSchema, type StoreSecret } from '../cloudflare/answers.ts'
import { listStoreSecrets } from '../cloudflare/lists.ts'
import { parseAnswer } from '../http/parse-answer.ts'
import { formatInstant, parseInstant, type Clock } from '../kernel/clock.ts'
import type { RotationError} from '../kernel/error.ts';
import { asRotationError } from '../kernel/error.ts'
import type { Finding } from '../rotation/model/finding.ts'
import type { Home } from '../rotation/model/managed-name.ts'
import type {
  Confirmation,
  Destination,
  DestinationEntry,
  SlotWrite,
  WriteOutcome
} from '../rotation/model/ports.ts'
import { pollUntil } from '../kernel/retry.ts'
import { findFull, findUnreadQuota } from './inspection.ts'

/** What a Secrets Store destination is made from. */
export interface SecretsStoreOptions {
  readonly account: CloudflareAccount
  readonly storeId: string
  /** The services that may read a secret that this destination creates. */
  readonly scopes: readonly string[]
  readonly runId: string
  readonly home: Home
  /** The store's secrets, read once a run. */
  readonly secrets: () => Promise<readonly StoreSecret[]>
  readonly clock: Clock
  readonly random: () => number
  /** Aborted when the run is asked to stop: nothing is waited for any longer. */
  readonly cancelled: AbortSignal
  /** Told once what is waited for, for the log. */
  readonly onWaiting?: (message: string) => void
}

/** How long a secret may stay `pending` before the run goes on without it; Cloudflare gives no bound. */
const PENDING_MS = 30_000
/** Cloudflare's code for a name that exists already. */
const NAME_TAKEN = 1003

/** A Cloudflare Secrets Store. Each write says in the secret's comment, in the same call, which object the value belongs to. */
export class SecretsStore implements Destination {
  readonly type = 'secrets-store'
  readonly label: string
  /** Values can't be read back through the API, so no run gets its environment from here. */
  readonly feedsNextRun = false
  readonly #options: SecretsStoreOptions
  #known = new Map<string, StoreSecret>()
  /** The comments as they were before this run wrote anything, by name. */
  #before = new Map<string, string>()

  constructor(options: SecretsStoreOptions) {
    this.#options = options
    this.label = `Secrets Store ${options.storeId}`
  }

  async observe(secrets: readonly string[]): Promise<ReadonlyMap<string, DestinationEntry>> {
    try {
      this.#known = byName(await this.#options.secrets())
    } catch (thrown) {
      throw explain(asRotationError(thrown), this.#options.storeId)
    }
    this.#before = new Map([...this.#known].map(([name, { comment }]) => [name, comment ?? '']))
    return new Map(
      secrets.flatMap((name) => {
        const secret = this.#known.get(name)
        return secret === undefined ? [] : [[name, toEntry(secret, this.#options.home)] as const]
      })
    )
  }

  /** The quota is the account's, over all of its stores. */
  async inspect(): Promise<readonly Finding[]> {
    const on = "The account's Secrets Store"
    try {
      const answer = await this.#options.account.call((sdk, account_id) =>
        sdk.secretsStore.quota.get({ account_id })
      )
      const { quota, usage } = parseAnswer(secretsQuotaSchema, answer, 'reading the quota of secrets').secrets
      return findFull(on, { count: usage, limit: quota })
    } catch (thrown) {
      return [findUnreadQuota(on, asRotationError(thrown))]
    }
  }

  async write(writes: readonly SlotWrite[]): Promise<readonly WriteOutcome[]> {
    const missing = writes.filter(({ secret }) => !this.#known.has(secret))
    const outcomes = new Map<SlotWrite, WriteOutcome>()
    await Promise.all([
      this.#create(missing, outcomes),
      ...writes.filter((write) => !missing.includes(write)).map((write) => this.#patch(write, outcomes))
    ])
    return writes.map((write) => outcomes.get(write)!)
  }

  async confirm(outcomes: readonly WriteOutcome[]): Promise<readonly Confirmation[]> {
    const { clock, random, cancelled: signal } = this.#options
    let last: readonly Confirmation[] = []
    let waiting = false
    try {
      await pollUntil({
        clock,
        random,
        signal,
        firstDelayMs: 500,
        maxDelayMs: 5_000,
        withinMs: PENDING_MS,
        attempt: async () => {
          this.#known = byName(await this.#list())
          last = outcomes.map(({ write }) => this.#classify(write))
          const pending = outcomes.filter((_, index) => last[index]?.state === 'pending')
          if (pending.length > 0 && !waiting) this.#sayWaiting(pending)
          waiting = pending.length > 0
          return waiting ? undefined : true
        }
      })
      return last
    } catch (thrown) {
      const error = asRotationError(thrown)
      return outcomes.map(() => ({ state: 'unknown', error }))
    }
  }

  #sayWaiting(pending: readonly WriteOutcome[]): void {
    const names = pending.map(({ write }) => write.secret).join(', ')
    this.#options.onWaiting?.(
      `${this.label}: waiting for up to ${PENDING_MS / 1000} s for ${names}, still pending at Cloudflare.`
    )
  }

  #classify(write: SlotWrite): Confirmation {
    const secret = this.#known.get(write.secret)
    if (secret === undefined)
      return { state: 'absent', reason: 'is not in the store, although the write was answered' }
    const comment = secret.comment ?? ''
    if (comment !== this.#comment(write)) {
      return parseComment(comment) === undefined || comment === this.#before.get(write.secret)
        ? { state: 'absent', reason: 'does not carry the comment that was written with its value' }
        : {
            state: 'overwritten',
            reason: `was written by another run after this one (its comment says "${comment}")`
          }
    }
    if (secret.status === 'active') return { state: 'confirmed' }
    return { state: 'pending', reason: `is still ${secret.status} after ${PENDING_MS / 1000} s` }
  }

  async #patch(write: SlotWrite, outcomes: Map<SlotWrite, WriteOutcome>): Promise<void> {
    const known = this.#known.get(write.secret)!
    await this.#note([write], outcomes, () =>
      this.#options.account.call((sdk, account_id) =>
        sdk.secretsStore.stores.secrets.edit(known.id, {
          account_id,
          store_id: this.#options.storeId,
          value: write.value.reveal(),
          comment: this.#comment(write)
        })
      )
    )
  }

  /** Creates what is missing with one call. An answer that was lost, or a name taken meanwhile, is settled by writing over what is there. */
  async #create(writes: readonly SlotWrite[], outcomes: Map<SlotWrite, WriteOutcome>): Promise<void> {
    if (writes.length === 0) return
    const body = writes.map((write) => ({
      name: write.secret,
      value: write.value.reveal(),
      scopes: this.#scopesOf(write) as never,
      comment: this.#comment(write)
    }))
    await this.#note(writes, outcomes, () =>
      this.#options.account.call((sdk, account_id) =>
        sdk.secretsStore.stores.secrets.create(this.#options.storeId, { account_id, body })
      )
    )
    const error = outcomes.get(writes[0]!)?.error
    if (error === undefined || (error.effect === 'not-applied' && error.call?.apiCode !== NAME_TAKEN)) return
    try {
      this.#known = byName(await this.#list())
    } catch {
      return
    }
    await Promise.all(
      writes.filter(({ secret }) => this.#known.has(secret)).map((write) => this.#patch(write, outcomes))
    )
  }

  async #note(
    writes: readonly SlotWrite[],
    outcomes: Map<SlotWrite, WriteOutcome>,
    call: () => Promise<unknown>
  ): Promise<void> {
    const { clock } = this.#options
    const started = clock.monotonic()
    const settle = (outcome: Pick<WriteOutcome, 'effect' | 'error'>): void => {
      for (const write of writes)
        outcomes.set(write, { write, tookMs: clock.monotonic() - started, ...outcome })
    }
    try {
      await call()
      settle({ effect: 'applied' })
    } catch (thrown) {
      const error = explain(asRotationError(thrown), this.#options.storeId)
      settle({ effect: error.effect, error })
    }
  }

  #list(): Promise<readonly StoreSecret[]> {
    return listStoreSecrets((request) => this.#options.account.call(request), this.#options.storeId)
  }

  /** A SECONDARY entry is made for the services that may read its PRIMARY. */
  #scopesOf(write: SlotWrite): readonly string[] {
    const scopes = write.sibling === undefined ? undefined : this.#known.get(write.sibling)?.scopes
    return scopes == null || scopes.length === 0 ? this.#options.scopes : scopes
  }

  #comment({ holds, expiresAt }: SlotWrite): string {
    return `rotate ${holds} ${expiresAt === undefined ? 'never' : formatInstant(expiresAt)} run ${this.#options.runId} home ${this.#options.home.id}`
  }
}

/** What a comment says of the value that was written with it. */
export interface StoreComment {
  /** The object that the value belongs to. */
  readonly holds: string
  /** Whose run wrote it. */
  readonly home: string
}

/** Reads the comment that a run of this action wrote; undefined for any other. */
export function parseComment(comment: string | null | undefined): StoreComment | undefined {
  const [, holds, home] = /^rotate (\S+) \S+ run \d+ home ([0-9a-f]{8})$/.exec(comment ?? '') ?? []
  return holds === undefined || home === undefined ? undefined : { holds, home }
}

function toEntry(secret: StoreSecret, { own }: Home): DestinationEntry {
  const comment = parseComment(secret.comment)
  const updatedAt = parseInstant(secret.modified)
  return {
    secret: secret.name,
    ...(comment === undefined
      ? {}
      : own.has(comment.home)
        ? { holds: comment.holds }
        : { otherHome: comment.home }),
    ...(updatedAt === undefined ? {} : { updatedAt })
  }
}

function byName(secrets: readonly StoreSecret[]): Map<string, StoreSecret> {
  return new Map(secrets.map((secret) => [secret.name, secret]))
}

function explain(error: RotationError, storeId: string): RotationError {
  if (error.code !== 'not-found') return error
  return error.with({
    hint: `Check destinations[].store-id (${storeId}): the store, or a secret in it, does not exist.`
  })
}
