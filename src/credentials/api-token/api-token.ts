import type { CloudflareAccount } from '../../cloudflare/account.ts'
import type { TokenAnswer } from '../../cloudflare/answers.ts'
import type { TokenRoutes } from '../../cloudflare/token-routes.ts'
import { formatInstant, type Clock } from '../../kernel/clock.ts'
import { RotationError } from '../../kernel/error.ts'
import type { Secret, SecretRegistry } from '../../kernel/secret.ts'
import type { Finding } from '../../rotation/model/finding.ts'
import type {
  CreateRequest,
  CreatedCredential,
  CredentialObject,
  CredentialPort,
  FieldSlots,
  FieldValues,
  Probe,
  SlotReading
} from '../../rotation/model/ports.ts'
import { AnswerCache } from '../answer-cache.ts'
import { toCredentialObject } from '../credential-object.ts'
import { findLimit } from '../limit.ts'
import { resolvePermissions, type StatedPermission } from './permission-groups.ts'
import { VALUE, valuesOfToken } from './r2-key.ts'
import { TokenApi, type TokenChange } from './token-api.ts'
import { identifyToken } from './token-identity.ts'
import {
  differenceOf,
  findUncopied,
  findUngrantable,
  requireCopyable,
  writablePermissions,
  type TokenPermissions
} from './token-permissions.ts'

/** What an {@link ApiToken} is built from. */
export interface ApiTokenOptions {
  readonly name: string
  /** The configuration's `type`. */
  readonly type: string
  readonly routes: TokenRoutes
  /** How many tokens Cloudflare allows their owner by default. */
  readonly limit: number
  readonly fields: readonly FieldSlots[]
  readonly current: CredentialPort['current']
  /** Id of the token that the first rotation takes over, where the current value is unknown. */
  readonly adopt?: string
  readonly lifetimeMs: number
  /** Left out, the new token inherits the current one's policies and conditions. */
  readonly permissions?: readonly StatedPermission[]
  readonly probes: readonly Probe[]
  /** How many of its kind the rotation creates at once. */
  readonly headroom: number
  readonly account: CloudflareAccount
  /** The list of the owner's tokens, read once a run. */
  readonly tokens: () => Promise<readonly TokenAnswer[]>
  readonly clock: Clock
  readonly random: () => number
  /** Aborted when the run is cancelled: no wait goes on. */
  readonly cancelled: AbortSignal
  readonly secrets: SecretRegistry
}

/** API token of an account or a user. From its `value` Cloudflare tells the token's id; its other fields are an R2 key, which is derived from both. */
export class ApiToken implements CredentialPort {
  readonly type: string
  readonly name: string
  readonly fields: readonly FieldSlots[]
  readonly current: CredentialPort['current']
  readonly adopt?: string
  readonly inPlace = false
  readonly identifiesByUse: boolean
  readonly probes: readonly Probe[]
  readonly #options: ApiTokenOptions
  readonly #api: TokenApi
  readonly #answers: AnswerCache<TokenAnswer>
  #stated: TokenPermissions | undefined

  constructor(options: ApiTokenOptions) {
    this.name = options.name
    this.type = options.type
    this.identifiesByUse = options.fields.some(({ field }) => field === VALUE)
    this.fields = options.fields
    this.current = options.current
    if (options.adopt !== undefined) this.adopt = options.adopt
    this.probes = options.probes
    this.#options = options
    const api = new TokenApi(options.account, options.routes)
    this.#api = api
    this.#answers = new AnswerCache({
      list: () => api.list(),
      read: (id) => api.read(id),
      toObject: (answer) => toObject(answer, options.clock.now()),
      variant: 'token'
    })
  }

  identify(values: FieldValues): Promise<SlotReading> {
    return identifyToken({ ...this.#options, api: this.#api }, values)
  }

  async list(): Promise<readonly CredentialObject[]> {
    return this.#answers.addAll(await this.#options.tokens())
  }

  async prepare(predecessor: CredentialObject | undefined): Promise<readonly Finding[]> {
    const { name } = this
    const { account, routes, limit, permissions, headroom: added } = this.#options
    const tokens = await this.#options.tokens()
    const model = predecessor === undefined ? undefined : this.#answers.get(predecessor.id)
    if (model !== undefined) requireCopyable(name, model)
    const count = tokens.filter(({ status }) => status !== 'expired').length
    const limits = findLimit(name, { count, added, limit, what: 'API tokens', owner: routes.owner })
    if (permissions !== undefined) {
      const { policies, notSelectable } = await resolvePermissions({ account, routes }, permissions, name)
      const condition = model === undefined ? undefined : writablePermissions(model).condition
      this.#stated = { policies, condition }
      return [...limits, ...findUngrantable(name, notSelectable)]
    }
    if (model !== undefined) return [...limits, ...findUncopied(name, model)]
    throw new RotationError(
      'missing-value',
      `${name}: there is no earlier token whose permissions the new one could inherit.`,
      {
        hint:
          this.current === 'unknown'
            ? 'State `permissions` for this credential, or name the token in use with `adopt`. Nothing was changed.'
            : 'State `permissions` for this credential, or give a PRIMARY that works.'
      }
    )
  }

  async create({ name, predecessor, now }: CreateRequest): Promise<CreatedCredential> {
    const { lifetimeMs, secrets } = this.#options
    const expiresOn = formatInstant(now + lifetimeMs)
    const { value, ...token } = await this.#api.create({ name, expiresOn, ...this.#expected(predecessor) })
    return { object: this.#answers.add(token), values: valuesOfToken(token.id, value, secrets) }
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
      this.#api.readNew(object.id, { clock, random, cancelled }),
      this.#api.waitUntilActive({ id: object.id, value: valueOf(values), clock, random, cancelled })
    ])
    const difference = differenceOf(this.#expected(predecessor), readBack, {
      // A configuration cannot state it, so what Cloudflare adds is its own.
      ignoresMeta: this.#stated !== undefined
    })
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

  release(): void {
    this.#answers.clear()
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
  if (value === undefined) throw new TypeError('A new token has the field "value"')
  return value
}
