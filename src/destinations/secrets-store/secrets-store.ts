import type { CloudflareAccount } from '../../cloudflare/account.ts'
import { secretsQuotaSchema, type StoreSecret } from '../../cloudflare/answers.ts'
import { API_CODES } from '../../cloudflare/errors/error-codes.ts'
import { listStoreSecrets, type CloudflareCall } from '../../cloudflare/lists.ts'
import { toStoreScopes } from '../../cloudflare/sdk-params.ts'
import { parseAnswer } from '../../http/parse-answer.ts'
import { parseInstant, type Clock } from '../../kernel/clock.ts'
import type { RotationError } from '../../kernel/error.ts'
import { asRotationError } from '../../kernel/error.ts'
import { withoutUndefined } from '../../kernel/optional.ts'
import type { Finding } from '../../rotation/model/finding.ts'
import type { Home } from '../../rotation/model/managed-name.ts'
import type {
  Confirmation,
  Destination,
  DestinationEntry,
  SlotWrite,
  WriteOutcome
} from '../../rotation/model/destination.ts'
import { pollUntil } from '../../kernel/retry.ts'
import { findFull, findUnreadQuota } from '../inspection.ts'
import { LATE_LIST_MS, isLate } from '../late-list.ts'
import { formatComment, parseComment } from './store-comment.ts'

/** What a {@link SecretsStore} is built from. */
export interface SecretsStoreOptions {
  readonly account: CloudflareAccount
  readonly storeId: string
  /** The services that may read a secret that this destination creates. */
  readonly scopes: readonly string[]
  readonly runId: string
  readonly home: Home
  readonly namesOf: Destination['namesOf']
  /** The store's secrets, read once a run. */
  readonly secrets: () => Promise<readonly StoreSecret[]>
  readonly clock: Clock
  readonly random: () => number
  /** Aborted when the run is cancelled: no wait goes on. */
  readonly cancelled: AbortSignal
  /** Called once when the run waits for pending secrets, for the log. */
  readonly onWaiting?: (message: string) => void
}

/** How long a secret may stay `pending` before the run goes on without it; Cloudflare gives no bound. */
const PENDING_MS = 30_000

/** Cloudflare Secrets Store. Each write puts the id of the value's object into the secret's comment, in the same call. */
export class SecretsStore implements Destination {
  readonly type = 'secrets-store'
  readonly label: string
  readonly namesOf: Destination['namesOf']
  /** The API never returns a value, so no run gets its environment from here. */
  readonly feedsNextRun = false
  readonly #options: SecretsStoreOptions
  #secrets = new Map<string, StoreSecret>()
  /** The comments as they were before this run wrote anything, by name. */
  #before = new Map<string, string>()

  constructor(options: SecretsStoreOptions) {
    this.#options = options
    this.label = `Secrets Store ${options.storeId}`
    this.namesOf = options.namesOf
  }

  async observe(secrets: readonly string[]): Promise<ReadonlyMap<string, DestinationEntry>> {
    try {
      this.#secrets = byName(await this.#options.secrets())
    } catch (thrown) {
      throw explain(asRotationError(thrown), this.#options.storeId)
    }
    this.#before = new Map([...this.#secrets].map(([name, { comment }]) => [name, comment ?? '']))
    return new Map(
      secrets.flatMap((name) => {
        const secret = this.#secrets.get(name)
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
    const missing = writes.filter(({ secret }) => !this.#secrets.has(secret))
    const outcomes = await Promise.all([
      this.#create(missing),
      ...writes.flatMap((write) => {
        const secret = this.#secrets.get(write.secret)
        return secret === undefined ? [] : [this.#edit(secret.id, write)]
      })
    ])
    return outcomes.flat().sort((a, b) => writes.indexOf(a.write) - writes.indexOf(b.write))
  }

  async confirm(outcomes: readonly WriteOutcome[]): Promise<readonly Confirmation[]> {
    const { clock, random, cancelled: signal } = this.#options
    let last: readonly Confirmation[] = []
    let saidWaiting = false
    const started = clock.monotonic()
    try {
      await pollUntil({
        ...{ clock, random, signal, firstDelayMs: 500, maxDelayMs: 5_000, withinMs: PENDING_MS },
        attempt: async () => {
          this.#secrets = byName(await this.#list())
          const checked = outcomes.map((outcome) => [outcome, this.#classify(outcome.write)] as const)
          last = checked.map(([, confirmation]) => confirmation)
          const pending = checked.filter(([, { state }]) => state === 'pending')
          if (pending.length > 0 && !saidWaiting) this.#sayWaiting(pending.map(([{ write }]) => write.secret))
          saidWaiting = pending.length > 0
          if (pending.length > 0) return undefined
          const mayBeLate = clock.monotonic() - started < LATE_LIST_MS
          return mayBeLate && checked.some((one) => isLate(...one)) ? undefined : true
        }
      })
      return last
    } catch (thrown) {
      const error = asRotationError(thrown)
      return outcomes.map(() => ({ state: 'unknown', error }))
    }
  }

  #sayWaiting(names: readonly string[]): void {
    this.#options.onWaiting?.(
      `${this.label}: waiting for up to ${PENDING_MS / 1000} s for ${names.join(', ')}, still pending at Cloudflare.`
    )
  }

  #classify(write: SlotWrite): Confirmation {
    const secret = this.#secrets.get(write.secret)
    if (secret === undefined)
      return { state: 'absent', reason: 'is not in the store, although Cloudflare accepted the write' }
    const comment = secret.comment ?? ''
    if (comment !== this.#comment(write)) {
      return parseComment(comment) === undefined || comment === this.#before.get(write.secret)
        ? { state: 'absent', reason: 'does not have the comment that was written with its value' }
        : {
            state: 'overwritten',
            reason: `was written by another run after this one (its comment says "${comment}")`
          }
    }
    if (secret.status === 'active') return { state: 'confirmed' }
    return { state: 'pending', reason: `is still ${secret.status} after ${PENDING_MS / 1000} s` }
  }

  async #edit(id: string, write: SlotWrite): Promise<WriteOutcome> {
    const settled = await this.#settle((sdk, account_id) =>
      sdk.secretsStore.stores.secrets.edit(id, {
        account_id,
        store_id: this.#options.storeId,
        value: write.value.reveal(),
        comment: this.#comment(write)
      })
    )
    return { write, ...settled }
  }

  /** Creates what is missing with one call. After a lost answer, or where a name was taken meanwhile, it writes over what is there. */
  async #create(writes: readonly SlotWrite[]): Promise<readonly WriteOutcome[]> {
    if (writes.length === 0) return []
    const body = writes.map((write) => ({
      name: write.secret,
      value: write.value.reveal(),
      scopes: toStoreScopes(this.#scopesOf(write)),
      comment: this.#comment(write)
    }))
    const settled = await this.#settle((sdk, account_id) =>
      sdk.secretsStore.stores.secrets.create(this.#options.storeId, { account_id, body })
    )
    const outcomes = writes.map((write): WriteOutcome => ({ write, ...settled }))
    const { error } = settled
    const isSettled = error?.effect === 'not-applied' && error.call?.apiCode !== API_CODES.nameTaken
    if (error === undefined || isSettled) return outcomes
    try {
      this.#secrets = byName(await this.#list())
    } catch {
      return outcomes
    }
    return await Promise.all(
      outcomes.map(async (outcome) => {
        const secret = this.#secrets.get(outcome.write.secret)
        return secret === undefined ? outcome : await this.#edit(secret.id, outcome.write)
      })
    )
  }

  /** Makes a call and returns its outcome; never throws. */
  async #settle(request: Parameters<CloudflareCall>[0]): Promise<Omit<WriteOutcome, 'write'>> {
    const { account, clock, storeId } = this.#options
    const started = clock.monotonic()
    try {
      await account.call(request)
      return { effect: 'applied', tookMs: clock.monotonic() - started }
    } catch (thrown) {
      const error = explain(asRotationError(thrown), storeId)
      return { effect: error.effect, tookMs: clock.monotonic() - started, error }
    }
  }

  #list(): Promise<readonly StoreSecret[]> {
    return listStoreSecrets((request) => this.#options.account.call(request), this.#options.storeId)
  }

  /** The services of a new secret: those of its sibling slot where it has one. */
  #scopesOf(write: SlotWrite): readonly string[] {
    const scopes = write.sibling === undefined ? undefined : this.#secrets.get(write.sibling)?.scopes
    return scopes == null || scopes.length === 0 ? this.#options.scopes : scopes
  }

  #comment(write: SlotWrite): string {
    const { runId, home } = this.#options
    return formatComment(write, { runId, home: home.id })
  }
}

function toEntry(secret: StoreSecret, { own }: Home): DestinationEntry {
  const comment = parseComment(secret.comment)
  const isOwn = comment !== undefined && own.has(comment.home)
  return {
    secret: secret.name,
    ...withoutUndefined({
      holds: isOwn ? comment.holds : undefined,
      otherHome: isOwn ? undefined : comment?.home,
      updatedAt: parseInstant(secret.modified)
    })
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
