import type { CloudflareAccount } from '../cloudflare/account.ts'
import type { TokenAnswer } from '../cloudflare/answers.ts'
import { MAX_ACCOUNT_TOKENS } from '../cloudflare/limits.ts'
import { formatInstant, parseInstant, type Clock } from '../kernel/clock.ts'
import { RotationError, withContext } from '../kernel/error.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import type { Secret, SecretRegistry } from '../kernel/secret.ts'
import type { Finding } from '../rotation/model/finding.ts'
import type {
  CreateRequest,
  CreatedCredential,
  CredentialObject,
  CredentialPort,
  FieldSlots,
  FieldValues,
  Probe,
  SlotReading
} from '../rotation/model/ports.ts'
import { AccountTokenApi, isInvalidToken, type TokenChange } from './account-token-api.ts'
import { AnswerCache } from './answer-cache.ts'
import { confirmRefusal } from './confirm-refusal.ts'
import { toCredentialObject } from './credential-object.ts'
import { findLimit } from './limit.ts'
import { resolvePermissions, type StatedPermission } from './permission-groups.ts'
import {
  differenceOf,
  findUncopied,
  findUngrantable,
  requireKnownConditions,
  writablePermissions,
  type TokenPermissions
} from './token-permissions.ts'

/** What an {@link AccountToken} is built from. */
export interface AccountTokenOptions {
  readonly name: string
  readonly fields: readonly FieldSlots[]
  readonly lifetimeMs: number
  /** Left out, the new token inherits the current one's policies and conditions. */
  readonly permissions?: readonly StatedPermission[]
  readonly probes: readonly Probe[]
  /** How many of its kind the rotation creates at once. */
  readonly headroom: number
  readonly account: CloudflareAccount
  /** The list of the account's tokens, read once a run. */
  readonly tokens: () => Promise<readonly TokenAnswer[]>
  readonly clock: Clock
  readonly random: () => number
  /** Aborted when the run is cancelled: no wait goes on. */
  readonly cancelled: AbortSignal
  readonly secrets: SecretRegistry
}

/** The one field of a token. */
const VALUE = 'value'

/** Account API token. Its one field is `value`, from which Cloudflare tells the token's id. */
export class AccountToken implements CredentialPort {
  readonly type = 'account-token'
  readonly name: string
  readonly fields: readonly FieldSlots[]
  readonly inPlace = false
  readonly identifiesByUse = true
  readonly probes: readonly Probe[]
  readonly #options: AccountTokenOptions
  readonly #api: AccountTokenApi
  readonly #answers: AnswerCache<TokenAnswer>
  #stated: TokenPermissions | undefined

  constructor(options: AccountTokenOptions) {
    this.name = options.name
    this.fields = options.fields
    this.probes = options.probes
    this.#options = options
    const api = new AccountTokenApi(options.account)
    this.#api = api
    this.#answers = new AnswerCache({
      list: () => api.list(),
      read: (id) => api.read(id),
      toObject: (answer) => toObject(answer, options.clock.now())
    })
  }

  async identify(values: FieldValues): Promise<SlotReading> {
    const check = (): Promise<SlotReading> => this.#check(valueOf(values))
    return await confirmRefusal(this.#options, check, check)
  }

  /** Asks the token about itself once. Only Cloudflare's own code says that a value is not a token. */
  async #check(value: Secret): Promise<SlotReading> {
    try {
      const { id, status, expires_on } = await this.#api.verify(value)
      if (status !== 'active') return { state: 'refused', reason: `its status is ${status}`, id }
      const expiresAt = parseInstant(expires_on)
      return { state: 'working', id, ...withoutUndefined({ expiresAt }) }
    } catch (thrown) {
      if (!(thrown instanceof RotationError)) throw thrown
      if (isInvalidToken(thrown)) return { state: 'refused', reason: 'Cloudflare does not know it' }
      return {
        state: 'unreadable',
        error: withContext(thrown, `${this.name}: the value could not be verified`)
      }
    }
  }

  async list(): Promise<readonly CredentialObject[]> {
    return this.#answers.addAll(await this.#options.tokens())
  }

  async prepare(predecessor: CredentialObject | undefined): Promise<readonly Finding[]> {
    const { name } = this
    const { account, permissions, headroom: added } = this.#options
    const tokens = await this.#options.tokens()
    const model = predecessor === undefined ? undefined : this.#answers.get(predecessor.id)
    if (model !== undefined) requireKnownConditions(name, model)
    const count = tokens.filter(({ status }) => status !== 'expired').length
    const limits = findLimit(name, { count, added, limit: MAX_ACCOUNT_TOKENS, what: 'API tokens' })
    if (permissions !== undefined) {
      const { policies, notSelectable } = await resolvePermissions(account, permissions, name)
      const condition = model === undefined ? undefined : writablePermissions(model).condition
      this.#stated = { policies, condition }
      return [...limits, ...findUngrantable(name, notSelectable)]
    }
    if (model !== undefined) return [...limits, ...findUncopied(name, model)]
    throw new RotationError(
      'missing-value',
      `${name}: there is no earlier token whose permissions the new one could inherit.`,
      { hint: 'State `permissions` for this credential, or give a PRIMARY that works.' }
    )
  }

  async create({ name, predecessor, now }: CreateRequest): Promise<CreatedCredential> {
    const { lifetimeMs, secrets } = this.#options
    const expiresOn = formatInstant(now + lifetimeMs)
    const { value, ...token } = await this.#api.create({ name, expiresOn, ...this.#expected(predecessor) })
    return { object: this.#answers.add(token), values: { [VALUE]: secrets.register(value) } }
  }

  findByName(name: string): Promise<readonly CredentialObject[]> {
    return this.#answers.findByName(name)
  }

  reread(id: string): Promise<CredentialObject | undefined> {
    return this.#answers.reread(id)
  }

  async verify(
    { object, values }: CreatedCredential,
    predecessor: CredentialObject | undefined
  ): Promise<CredentialObject> {
    const { clock, random, cancelled } = this.#options
    const [readBack] = await Promise.all([
      this.#api.read(object.id),
      this.#api.waitUntilActive({ id: object.id, value: valueOf(values), clock, random, cancelled })
    ])
    const difference = differenceOf(this.#expected(predecessor), readBack)
    if (difference === undefined) return object
    throw new RotationError(
      'not-verified',
      `Its permissions are not those that were asked for: ${difference}.`,
      { hint: 'Check that the creating token may grant them.' }
    )
  }

  /** A token has its permissions from its creation on. */
  admit(): Promise<void> {
    return Promise.resolve()
  }

  async discard({ object }: Pick<CreatedCredential, 'object'>): Promise<undefined> {
    await this.remove(object.id)
    return undefined
  }

  async retire(old: CredentialObject, retiredName: string): Promise<undefined> {
    await this.rename(old, retiredName)
  }

  disable(old: CredentialObject, retiredName: string): Promise<void> {
    return this.#update(old, { status: 'disabled', name: retiredName })
  }

  enable(old: CredentialObject, name: string): Promise<void> {
    return this.#update(old, { status: 'active', name })
  }

  rename(object: CredentialObject, name: string): Promise<void> {
    return this.#update(object, { name })
  }

  /** Only slots name a token. */
  requireRemovable(): Promise<void> {
    return Promise.resolve()
  }

  remove(id: string): Promise<void> {
    return this.#api.delete(id)
  }

  removeDisabled(id: string): Promise<void> {
    return this.remove(id)
  }

  async #update({ id }: CredentialObject, change: TokenChange): Promise<void> {
    await this.#api.update(this.#answers.get(id) ?? (await this.#api.read(id)), change)
  }

  #expected(predecessor: CredentialObject | undefined): TokenPermissions {
    if (this.#stated !== undefined) return this.#stated
    const model = predecessor === undefined ? undefined : this.#answers.get(predecessor.id)
    if (model === undefined) throw new TypeError('prepare() was not called')
    return writablePermissions(model)
  }
}

function toObject(answer: TokenAnswer, now: number): CredentialObject {
  return toCredentialObject({
    id: answer.id,
    name: answer.name,
    status: answer.status,
    createdAt: answer.issued_on,
    expiresAt: answer.expires_on,
    lastUsedAt: answer.last_used_on,
    renewable: false,
    issuedWhenNamed: false,
    now
  })
}

function valueOf(values: FieldValues): Secret {
  const value = values[VALUE]
  if (value === undefined) throw new TypeError('An account token has the field "value"')
  return value
}
