import * as v from 'valibot'
import { CloudflareAccount } from '../../cloudflare/account.ts'
import {
  createdServiceTokenSchema,
  createdTokenSchema,
  tokenPermissionsSchema,
  verifySchema
} from '../../cloudflare/answers.ts'
import { listServiceTokens, listTokens, type CloudflareCall } from '../../cloudflare/lists.ts'
import { PAGE_SIZE } from '../../cloudflare/limits.ts'
import { readAllPages } from '../../cloudflare/pages.ts'
import { ACCOUNT_TOKENS } from '../../cloudflare/token-routes.ts'
import { parseAnswer } from '../../http/parse-answer.ts'
import { ifFound, RotationError } from '../../kernel/error.ts'
import { Secret, type SecretRegistry } from '../../kernel/secret.ts'
import { LOCK_NAME, STORE_NAME, type PlannedToken } from './blueprint.ts'
import type { LockKind } from './choices.ts'
import { probePermissions } from './probe-permissions.ts'

/** What a {@link SetupAccount} is built from. */
export interface SetupAccountOptions {
  readonly apiUrl: string
  readonly fetch: typeof fetch
  readonly token: Secret
  readonly secrets: SecretRegistry
  readonly now: () => number
}

/** An account that the set-up token sees. */
export interface SeenAccount {
  readonly id: string
  readonly name: string
}

const named = v.looseObject({ id: v.string(), name: v.string() })
const titled = v.looseObject({ id: v.string(), title: v.string() })
const database = v.looseObject({ uuid: v.string(), name: v.string() })
const group = v.looseObject({ id: v.string(), name: v.string(), scopes: v.optional(v.array(v.string())) })
const ACCOUNT_SCOPE = 'com.cloudflare.api.account'

/** The Cloudflare account as the set-up token sees it. Everything that it makes has a name by which it is found again. */
export class SetupAccount {
  readonly #options: SetupAccountOptions
  readonly #call: CloudflareCall

  constructor(options: SetupAccountOptions, accountId = '') {
    const { apiUrl, fetch, token } = options
    this.#options = options
    const account = new CloudflareAccount({
      ...{ accountId, apiUrl, fetch },
      role: 'set-up',
      candidates: () => [{ name: 'CLOUDFLARE_SETUP_TOKEN', token }]
    })
    this.#call = (request) => account.call(request)
  }

  /** The same for an account. */
  of(accountId: string): SetupAccount {
    return new SetupAccount(this.#options, accountId)
  }

  /** The accounts that Cloudflare lists: none for a token of an account, or one that may not read account settings. */
  async listAccounts(): Promise<readonly SeenAccount[]> {
    try {
      const items = await readAllPages('accounts', (page) =>
        this.#call((sdk) => sdk.accounts.list({ page, per_page: PAGE_SIZE }))
      )
      return items.map((item) => parseAnswer(named, item, 'listing accounts'))
    } catch (thrown) {
      if (!(thrown instanceof RotationError)) throw thrown
      // Cloudflare's answer to a token of an account is 400 with 1001.
      const isAccountOwned = thrown.call?.status === 400 && thrown.call.apiCode === 1001
      if (isAccountOwned || thrown.code === 'permission') return []
      throw thrown
    }
  }

  /** Finds which of the permissions the set-up token lacks, by Cloudflare's names of permission groups. */
  async findMissing(permissions: readonly string[]): Promise<readonly string[]> {
    const held = await this.#readOwnPermissions()
    if (held !== undefined) return permissions.filter((one) => !held.has(one))
    return await probePermissions(this.#call, permissions)
  }

  /** The groups of the token's own policies; undefined where it may not read them, or is the token of a user. */
  async #readOwnPermissions(): Promise<ReadonlySet<string> | undefined> {
    try {
      const verified = await this.#call((sdk, account_id) => sdk.accounts.tokens.verify({ account_id }))
      const { id } = parseAnswer(verifySchema, verified, 'verifying the set-up token')
      const answer = await this.#call((sdk, account_id) => sdk.accounts.tokens.get(id, { account_id }))
      const { policies } = parseAnswer(tokenPermissionsSchema, answer, 'reading the set-up token')
      const groups = policies.flatMap(({ effect, permission_groups }) =>
        effect === 'allow' ? permission_groups : []
      )
      return new Set(groups.map(({ name }) => name ?? ''))
    } catch (thrown) {
      if (thrown instanceof RotationError && ['permission', 'refused', 'not-found'].includes(thrown.code))
        return undefined
      throw thrown
    }
  }

  /** Finds the id of the lock's namespace or database. */
  async findLock(kind: LockKind): Promise<string | undefined> {
    if (kind === 'none') return undefined
    return kind === 'kv' ? await this.#findNamespace() : await this.#findDatabase()
  }

  /** Finds the lock's namespace or database, or makes it. @returns its id */
  async ensureLock(kind: Exclude<LockKind, 'none'>): Promise<string> {
    const known = await this.findLock(kind)
    if (known !== undefined) return known
    return kind === 'kv' ? await this.#makeNamespace() : await this.#makeDatabase()
  }

  async #findNamespace(): Promise<string | undefined> {
    const items = await readAllPages('KV namespaces', (page) =>
      this.#call((sdk, account_id) => sdk.kv.namespaces.list({ account_id, page, per_page: PAGE_SIZE }))
    )
    const all = items.map((item) => parseAnswer(titled, item, 'listing KV namespaces'))
    return all.find(({ title }) => title === LOCK_NAME)?.id
  }

  async #makeNamespace(): Promise<string> {
    const made = await this.#call((sdk, account_id) =>
      sdk.kv.namespaces.create({ account_id, title: LOCK_NAME })
    )
    return parseAnswer(titled, made, 'making a KV namespace').id
  }

  async #findDatabase(): Promise<string | undefined> {
    const items = await readAllPages('D1 databases', (page) =>
      this.#call((sdk, account_id) => sdk.d1.database.list({ account_id, page, per_page: PAGE_SIZE }))
    )
    const all = items.map((item) => parseAnswer(database, item, 'listing D1 databases'))
    return all.find(({ name }) => name === LOCK_NAME)?.uuid
  }

  async #makeDatabase(): Promise<string> {
    const made = await this.#call((sdk, account_id) =>
      sdk.d1.database.create({ account_id, name: LOCK_NAME })
    )
    return parseAnswer(database, made, 'making a D1 database').uuid
  }

  /** Finds the id of the account's Secrets Store: an account has at most one. */
  async findStore(): Promise<string | undefined> {
    const items = await readAllPages('Secrets Stores', (page) =>
      this.#call((sdk, account_id) => sdk.secretsStore.stores.list({ account_id, page, per_page: PAGE_SIZE }))
    )
    const [known] = items.map((item) => parseAnswer(named, item, 'listing Secrets Stores'))
    return known?.id
  }

  /** Finds the account's Secrets Store, or makes it. @returns its id */
  async ensureStore(): Promise<string> {
    const known = await this.findStore()
    if (known !== undefined) return known
    const made = await this.#call((sdk, account_id) =>
      sdk.secretsStore.stores.create({ account_id, name: STORE_NAME })
    )
    return parseAnswer(named, made, 'making a Secrets Store').id
  }

  /** Names of the account's API tokens and, where asked for, of its Access service tokens. */
  async listNames({
    withServiceTokens
  }: {
    readonly withServiceTokens: boolean
  }): Promise<ReadonlySet<string>> {
    const tokens = await listTokens(this.#call, ACCOUNT_TOKENS)
    const services = withServiceTokens ? await listServiceTokens(this.#call) : []
    return new Set([...tokens, ...services].map(({ name }) => name))
  }

  /** Makes a token with exactly these permissions on the account. */
  async createToken(
    { permissions, lifetimeMs }: PlannedToken,
    name: string
  ): Promise<{ readonly id: string; readonly value: Secret }> {
    const { secrets, now } = this.#options
    const ids = await this.findGroups(permissions)
    const answer = await this.#call((sdk, account_id) =>
      ACCOUNT_TOKENS.create(sdk, account_id, {
        name,
        policies: [
          {
            effect: 'allow',
            permission_groups: ids.map((id) => ({ id })),
            resources: { [`${ACCOUNT_SCOPE}.${account_id}`]: '*' }
          }
        ],
        ...(lifetimeMs === undefined
          ? {}
          : { expires_on: new Date(now() + lifetimeMs).toISOString().replace(/\.\d{3}Z$/, 'Z') })
      })
    )
    const { id, value } = parseAnswer(createdTokenSchema, answer, 'making a token')
    return { id, value: secrets.register(value) }
  }

  /** Deletes the other tokens of a name: those of earlier tries, whose value is lost or replaced. */
  async deleteOthers(name: string, kept: string): Promise<void> {
    const others = await listTokens(this.#call, ACCOUNT_TOKENS)
    for (const { id } of others.filter((one) => one.name === name && one.id !== kept))
      await ifFound(this.#call((sdk, account_id) => ACCOUNT_TOKENS.delete(sdk, account_id, id)))
  }

  /**
   * Ids of permission groups by their names; of a name that exists twice, the one for accounts.
   * @throws RotationError `bad-input` that names every one that does not exist
   */
  async findGroups(names: readonly string[]): Promise<readonly string[]> {
    const { result } = await this.#call((sdk, account_id) =>
      ACCOUNT_TOKENS.listPermissionGroups(sdk, account_id)
    )
    const groups = parseAnswer(v.array(group), result, 'listing permission groups')
    const idOf = (name: string): string | undefined =>
      groups.find(
        ({ name: known, scopes }) =>
          known === name && (scopes === undefined || scopes.includes(ACCOUNT_SCOPE))
      )?.id
    const unknown = names.filter((name) => idOf(name) === undefined)
    if (unknown.length > 0) {
      const quoted = unknown.map((name) => `"${name}"`).join(', ')
      throw new RotationError('bad-input', `There is no permission group ${quoted} for accounts.`, {
        hint: 'Use a name as Cloudflare lists it, e.g. Workers Scripts Write.'
      })
    }
    return names.flatMap((name) => idOf(name) ?? [])
  }

  /** Makes an Access service token; one of that name, whose secret is lost, gets a new secret. */
  async ensureServiceToken(name: string): Promise<{ readonly id: Secret; readonly secret: Secret }> {
    const { secrets } = this.#options
    const known = (await listServiceTokens(this.#call)).find((one) => one.name === name)
    const answer = await this.#call((sdk, account_id) =>
      known === undefined
        ? sdk.zeroTrust.access.serviceTokens.create({ account_id, name })
        : sdk.zeroTrust.access.serviceTokens.rotate(known.id, { account_id })
    )
    const { client_id, client_secret } = parseAnswer(
      createdServiceTokenSchema,
      answer,
      'making a service token'
    )
    // The id is public: the record names it.
    return { id: new Secret(client_id), secret: secrets.register(client_secret) }
  }
}
