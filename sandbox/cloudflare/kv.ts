import { CloudflareError, invalidRequest, noRoute } from './cloudflare-error.ts'
import type { CloudflareContext } from './state.ts'

/** Write of a key; a deletion has no value. Times are epoch milliseconds. */
export interface KvVersion {
  readonly value: string | undefined
  readonly metadata: unknown
  readonly writtenAt: number
  readonly expiresAt: number | undefined
}

interface KvKey {
  readonly versions: KvVersion[]
  staleReads: number
}

/** Parameters of a PUT besides the key. */
export interface KvWrite {
  readonly value: string
  readonly metadata?: unknown
  readonly expirationTtlSeconds?: number | undefined
  readonly expirationEpochSeconds?: number | undefined
}

// Enough for stale reads; older writes of a key are not needed.
const keptVersions = 16
const minimumTtlSeconds = 60

/** KV namespace: eventually consistent, as configured in `KvStorage`. */
export class KvNamespace {
  readonly id: string
  readonly title: string
  readonly #storage: KvStorage
  readonly #keys = new Map<string, KvKey>()

  constructor(storage: KvStorage, { id, title }: { id: string; title: string }) {
    this.#storage = storage
    this.id = id
    this.title = title
  }

  /** Names of keys that have a value now. */
  get keys(): string[] {
    return [...this.#keys.keys()].filter((key) => this.current(key) !== undefined).sort()
  }

  /** Finds the newest value, as a reader without any staleness would. */
  current(key: string): KvVersion | undefined {
    return this.#visible(this.#keys.get(key)?.versions.at(-1))
  }

  /** Makes the next reads of this key return the state before its last write, absence included. */
  answerStale(key: string, reads: number): void {
    this.#key(key).staleReads = reads
  }

  /** Reads a value as the API does. */
  read(key: string): KvVersion | undefined {
    const entry = this.#keys.get(key)
    if (entry === undefined) return undefined
    if (entry.staleReads > 0) {
      entry.staleReads -= 1
      return this.#visible(entry.versions.at(-2))
    }
    const horizon = this.#storage.now() - this.#storage.staleReadMs
    return this.#visible(entry.versions.findLast((version) => version.writtenAt <= horizon))
  }

  write(key: string, write: KvWrite): void {
    const now = this.#storage.now()
    const { expirationTtlSeconds: ttl, expirationEpochSeconds: epoch } = write
    if (ttl !== undefined && !(Number.isInteger(ttl) && ttl >= minimumTtlSeconds)) {
      throw invalidRequest(`expiration_ttl must be at least ${minimumTtlSeconds}`)
    }
    if (epoch !== undefined && !(Number.isInteger(epoch) && epoch * 1000 >= now + minimumTtlSeconds * 1000)) {
      throw invalidRequest(`expiration must be at least ${minimumTtlSeconds} seconds in the future`)
    }
    const expiresAt = ttl === undefined ? epoch && epoch * 1000 : now + ttl * 1000
    this.#push(key, { value: write.value, metadata: write.metadata, writtenAt: now, expiresAt })
  }

  delete(key: string): void {
    this.#push(key, {
      value: undefined,
      metadata: undefined,
      writtenAt: this.#storage.now(),
      expiresAt: undefined
    })
  }

  #push(key: string, version: KvVersion): void {
    const { versions } = this.#key(key)
    const last = versions.at(-1)
    if (this.#storage.limitsWrites && last !== undefined && version.writtenAt - last.writtenAt < 1000) {
      throw new CloudflareError(429, {
        code: 10048,
        message: 'at most one write to a key per second is allowed',
        headers: { 'retry-after': '1' }
      })
    }
    versions.push(version)
    if (versions.length > keptVersions) versions.shift()
  }

  #key(key: string): KvKey {
    let entry = this.#keys.get(key)
    if (entry === undefined) {
      entry = { versions: [], staleReads: 0 }
      this.#keys.set(key, entry)
    }
    return entry
  }

  #visible(version: KvVersion | undefined): KvVersion | undefined {
    if (version?.value === undefined) return undefined
    return version.expiresAt !== undefined && version.expiresAt <= this.#storage.now() ? undefined : version
  }
}

/** KV namespaces of the account, and their consistency. */
export class KvStorage {
  /** Reads return only what was written at least this many milliseconds ago. */
  staleReadMs = 0
  /** Whether a second write to a key within a second is refused with 429, as Cloudflare does. */
  limitsWrites = true
  readonly #context: CloudflareContext
  readonly #namespaces = new Map<string, KvNamespace>()

  constructor(context: CloudflareContext) {
    this.#context = context
  }

  get all(): readonly KvNamespace[] {
    return [...this.#namespaces.values()]
  }

  now(): number {
    return this.#context.clock.now()
  }

  addNamespace(title: string, id = this.#context.entropy.hex(32)): KvNamespace {
    const namespace = new KvNamespace(this, { id, title })
    this.#namespaces.set(id, namespace)
    return namespace
  }

  /** Creates a namespace through the API; its title must be free. */
  create(title: string): KvNamespace {
    if (this.all.some((namespace) => namespace.title === title)) {
      throw new CloudflareError(400, {
        code: 10014,
        message: 'a namespace with this account ID and title already exists'
      })
    }
    return this.addNamespace(title)
  }

  deleteNamespace(id: string): void {
    this.get(id)
    this.#namespaces.delete(id)
  }

  get(id: string): KvNamespace {
    if (!/^[0-9a-f]{32}$/.test(id)) throw noRoute(`/storage/kv/namespaces/${id}`)
    const namespace = this.#namespaces.get(id)
    if (namespace === undefined) {
      throw new CloudflareError(404, { code: 10013, message: 'namespace not found' })
    }
    return namespace
  }
}
