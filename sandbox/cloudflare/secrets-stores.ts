import type { SecretGetResponse } from 'cloudflare/resources/secrets-store/stores/secrets'
import type { StoreGetResponse } from 'cloudflare/resources/secrets-store/stores/stores'
import { isoMicroseconds } from '../clock.ts'
import { CloudflareError, invalidRequest } from './cloudflare-error.ts'
import type { CloudflareContext } from './state.ts'

/** Products that may read a secret. */
export type SecretScope = NonNullable<SecretGetResponse['scopes']>[number]

/** Secret as the sandbox stores it, with the value that no answer shows; times are epoch milliseconds. */
export interface StoredSecret {
  readonly id: string
  readonly name: string
  value: string
  comment: string
  scopes: readonly SecretScope[]
  readonly created: number
  modified: number
  activeFrom: number
}

/** Store and its secrets. */
export interface SecretsStore {
  readonly id: string
  readonly name: string
  readonly created: number
  readonly secrets: Map<string, StoredSecret>
}

/** Parameters of a new secret. */
export interface SecretInput {
  readonly name: string
  readonly value: string
  readonly scopes: readonly SecretScope[]
  readonly comment?: string
}

/** Size limit of one value, in bytes. */
export const secretValueLimitBytes = 65_536

/** Secrets Stores of the account; values can be read here, never through the API. */
export class SecretsStores {
  /** How long a written secret stays `pending`, in milliseconds. */
  pendingMs = 0
  /** Limit of secrets in the account. */
  quota = 100
  readonly #context: CloudflareContext
  readonly #stores = new Map<string, SecretsStore>()

  constructor(context: CloudflareContext) {
    this.#context = context
  }

  get all(): readonly SecretsStore[] {
    return [...this.#stores.values()]
  }

  get usage(): number {
    return this.all.reduce((sum, store) => sum + store.secrets.size, 0)
  }

  addStore(name: string, id = this.#context.entropy.hex(32)): SecretsStore {
    if (this.all.some((store) => store.name === name)) {
      throw new CloudflareError(400, { code: 1003, message: 'store_name_already_exists' })
    }
    const store = { id, name, created: this.#context.clock.now(), secrets: new Map<string, StoredSecret>() }
    this.#stores.set(id, store)
    return store
  }

  getStore(id: string): SecretsStore {
    const store = this.#stores.get(id)
    if (store === undefined) throw new CloudflareError(404, { code: 1001, message: 'store_not_found' })
    return store
  }

  deleteStore(id: string): void {
    this.getStore(id)
    this.#stores.delete(id)
  }

  getSecret(store: SecretsStore, id: string): StoredSecret {
    const secret = store.secrets.get(id)
    if (secret === undefined) throw new CloudflareError(404, { code: 1001, message: 'secret_not_found' })
    return secret
  }

  /** Returns what a Worker bound to the store would read, by secret name. */
  values(storeId: string): Record<string, string> {
    return Object.fromEntries(
      [...this.getStore(storeId).secrets.values()].map(({ name, value }) => [name, value])
    )
  }

  /** Creates all of them or none. */
  create(store: SecretsStore, inputs: readonly SecretInput[]): StoredSecret[] {
    const names = new Set([...store.secrets.values()].map((secret) => secret.name))
    for (const { name } of inputs) {
      if (names.has(name))
        throw new CloudflareError(400, { code: 1003, message: 'secret_name_already_exists' })
      names.add(name)
    }
    if (this.usage + inputs.length > this.quota) {
      throw new CloudflareError(400, { code: 1005, message: 'secrets_quota_exceeded' })
    }
    const now = this.#context.clock.now()
    const created = inputs.map((input) => ({
      id: this.#context.entropy.hex(32),
      name: input.name,
      value: input.value,
      comment: input.comment ?? '',
      scopes: input.scopes,
      created: now,
      modified: now,
      activeFrom: now + this.pendingMs
    }))
    for (const secret of created) store.secrets.set(secret.id, secret)
    return created
  }

  edit(
    secret: StoredSecret,
    change: {
      value?: string | undefined
      scopes?: readonly SecretScope[] | undefined
      comment?: string | undefined
    }
  ): void {
    if (change.value === undefined && change.scopes === undefined && change.comment === undefined) {
      throw invalidRequest('one of value, scopes and comment is required')
    }
    secret.value = change.value ?? secret.value
    secret.scopes = change.scopes ?? secret.scopes
    secret.comment = change.comment ?? secret.comment
    secret.modified = this.#context.clock.now()
    if (change.value !== undefined) secret.activeFrom = secret.modified + this.pendingMs
  }

  present(store: SecretsStore, secret: StoredSecret): SecretGetResponse {
    return {
      id: secret.id,
      name: secret.name,
      store_id: store.id,
      status: secret.activeFrom > this.#context.clock.now() ? 'pending' : 'active',
      created: isoMicroseconds(secret.created),
      modified: isoMicroseconds(secret.modified),
      comment: secret.comment,
      scopes: [...secret.scopes]
    }
  }

  presentStore(store: SecretsStore): StoreGetResponse {
    const created = isoMicroseconds(store.created)
    return { id: store.id, name: store.name, account_id: this.#context.accountId, created, modified: created }
  }
}
