import type { CloudflareAccount } from '../cloudflare/account.ts'
import { createdTokenSchema, tokenSchema, verifySchema, type TokenAnswer } from '../cloudflare/answers.ts'
import { listTokens } from '../cloudflare/lists.ts'
import { parseAnswer } from '../http/parse-answer.ts'
import { formatInstant, parseInstant, type Clock } from '../kernel/clock.ts'
import { RotationError, withContext, isNotFound } from '../kernel/error.ts'
import type { Finding } from '../rotation/model/finding.ts'
import { readManagedName } from '../rotation/model/managed-name.ts'
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
import { pollUntil } from '../kernel/retry.ts'
import type { Secret, SecretRegistry } from '../kernel/secret.ts'
import { SECOND_LOOK_MS } from './second-look.ts'
import { findLimit } from './limit.ts'
import { resolvePermissions, type StatedPermission } from './permission-groups.ts'
import {
  differenceOf,
  findUnknownConditions,
  findUnknownPolicyKeys,
  writablePermissions,
  type TokenPermissions
} from './token-permissions.ts'

/** What an account token is rotated with. */
export interface AccountTokenOptions {
  readonly name: string
  readonly fields: readonly FieldSlots[]
  readonly lifetimeMs: number
  /** Left out: the new token gets the current one's policies and conditions. */
  readonly permissions?: readonly StatedPermission[]
  readonly probes: readonly Probe[]
  /** How many of its kind the rotation makes at once. */
  readonly headroom: number
  readonly account: CloudflareAccount
  /** The list of the account's tokens, read once a run. */
  readonly tokens: () => Promise<readonly TokenAnswer[]>
  readonly clock: Clock
  readonly random: () => number
  /** Aborted when the run is asked to stop: nothing is waited for any longer. */
  readonly cancelled: AbortSignal
  readonly secrets: SecretRegistry
}

/** The one field of a token. */
const VALUE = 'value'
/** How long a new token may be refused after its creation; Cloudflare says "a few seconds" and gives no bound. */
const ACTIVATION_MS = 60_000
/** How many an account may have, by Cloudflare's documentation; Support raises it, so that only the creation itself decides. */
const DEFAULT_LIMIT = 500

/** An account API token: its one field is `value`, and a value tells its own id. */
export class AccountToken implements CredentialPort {
  readonly type = 'account-token'
  readonly name: string
  readonly fields: readonly FieldSlots[]
  readonly inPlace = false
  readonly identifiesByUse = true
  readonly probes: readonly Probe[]
  readonly #options: AccountTokenOptions
  readonly #answers = new Map<string, TokenAnswer>()
  #stated: TokenPermissions | undefined

  constructor(options: AccountTokenOptions) {
    this.name = options.name
    this.fields = options.fields
    this.probes = options.probes
    this.#options = options
  }

  async identify(values: FieldValues): Promise<SlotReading> {
    const first = await this.#look(valueOf(values))
    if (first.state !== 'refused') return first
    const { clock, cancelled } = this.#options
    await clock.sleep(SECOND_LOOK_MS, cancelled)
    return await this.#look(valueOf(values))
  }

  /** Asks the token about itself once. Only Cloudflare's own code says that a value is not a token: a block page or an IP filter does not. */
  async #look(value: Secret): Promise<SlotReading> {
    try {
      const { id, status, expires_on } = await this.#verify(value)
      if (status !== 'active') return { state: 'refused', reason: `its status is ${status}`, id }
      const expiresAt = parseInstant(expires_on)
      return { state: 'working', id, ...(expiresAt === undefined ? {} : { expiresAt }) }
    } catch (thrown) {
      if (!(thrown instanceof RotationError)) throw thrown
      if (isInvalid(thrown)) return { state: 'refused', reason: 'Cloudflare does not know it' }
      return {
        state: 'unreadable',
        error: withContext(thrown, `${this.name}: the value could not be verified`)
      }
    }
  }

  async list(): Promise<readonly CredentialObject[]> {
    return (await this.#options.tokens()).map((answer) => this.#remember(answer))
  }

  async prepare(like: CredentialObject | undefined): Promise<readonly Finding[]> {
    const { account, permissions, headroom } = this.#options
    const tokens = await this.#options.tokens()
    const model = like === undefined ? undefined : this.#answers.get(like.id)
    if (model !== undefined) this.#requireKnown(model)
    const count = tokens.filter(({ status }) => status !== 'expired').length
    const findings: Finding[] = [
      ...findLimit(this.name, { count, added: headroom, limit: DEFAULT_LIMIT, what: 'API tokens' }),
      ...(model === undefined || permissions !== undefined ? [] : this.#findUncopied(model))
    ]
    if (permissions !== undefined) {
      const { policies, notSelectable } = await resolvePermissions(account, permissions, this.name)
      const condition = model === undefined ? undefined : writablePermissions(model).condition
      this.#stated = { policies, condition }
      return [...findings, ...this.#findUngrantable(notSelectable)]
    }
    if (model !== undefined) return findings
    throw new RotationError(
      'missing-value',
      `${this.name}: no earlier token is known whose permissions the new one could inherit.`,
      { hint: 'State `permissions` for this credential, or give a PRIMARY that works.' }
    )
  }

  /** What restricts the old token must restrict the new one: what can't be copied is refused, never dropped. */
  #requireKnown(model: TokenAnswer): void {
    const unknown = findUnknownConditions(model)
    if (unknown.length === 0) return
    throw new RotationError(
      'not-verified',
      `${this.name}: ${model.id} has a condition that this version does not know (${unknown.join(', ')}): a new token without it could be used from more places.`,
      {
        hint: 'Use a newer version of rotate-action, or take the condition off the token in the Cloudflare dashboard. Nothing was changed.'
      }
    )
  }

  #findUncopied(model: TokenAnswer): readonly Finding[] {
    const keys = findUnknownPolicyKeys(model)
    if (keys.length === 0) return []
    return [
      {
        kind: 'configuration',
        severity: 'warning',
        on: this.name,
        message: `${this.name}: the policies of ${model.id} have ${keys.join(', ')}, which this version does not know and does not copy.`,
        action: 'Compare the new token with the old one, or state `permissions` for this credential.'
      }
    ]
  }

  #findUngrantable(groups: readonly string[]): readonly Finding[] {
    if (groups.length === 0) return []
    return [
      {
        kind: 'no-access',
        severity: 'warning',
        on: this.name,
        message: `${this.name}: Cloudflare says that the token of auth.tokens can't grant ${groups.join(', ')}.`,
        action: 'Give the token of auth.tokens the role to grant them; the creation itself decides.'
      }
    ]
  }

  async create({ name, predecessor: like, now }: CreateRequest): Promise<CreatedCredential> {
    const { policies, condition } = this.#expected(like)
    const answer = await this.#options.account.call((sdk, account_id) =>
      sdk.accounts.tokens.create({
        account_id,
        name,
        policies: policies as never,
        expires_on: formatInstant(now + this.#options.lifetimeMs),
        ...(condition === undefined ? {} : { condition: condition })
      })
    )
    const { value, ...token } = parseAnswer(createdTokenSchema, answer, 'creating an API token')
    return { object: this.#remember(token), values: { [VALUE]: this.#options.secrets.register(value) } }
  }

  async findByName(name: string): Promise<readonly CredentialObject[]> {
    const tokens = await listTokens((request) => this.#options.account.call(request))
    return tokens.filter((token) => token.name === name).map((token) => this.#remember(token))
  }

  async reread(id: string): Promise<CredentialObject | undefined> {
    try {
      return this.#remember(await this.#read(id))
    } catch (thrown) {
      if (isNotFound(thrown)) return undefined
      throw thrown
    }
  }

  async verify(
    { object, values }: CreatedCredential,
    like: CredentialObject | undefined
  ): Promise<CredentialObject> {
    const [readBack] = await Promise.all([
      this.#read(object.id),
      this.#waitUntilActive(object.id, valueOf(values))
    ])
    const difference = differenceOf(this.#expected(like), readBack)
    if (difference !== undefined) {
      throw new RotationError(
        'not-verified',
        `Its permissions are not those that were asked for: ${difference}.`,
        {
          hint: 'Check that the creating token may grant them.'
        }
      )
    }
    return object
  }

  /** A token is admitted by what it may do, which it has from its creation on. */
  admit(): Promise<void> {
    return Promise.resolve()
  }

  async discard({ object }: Pick<CreatedCredential, 'object'>): Promise<undefined> {
    await this.remove(object.id)
    return undefined
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

  /** An update replaces the whole token, and drops silently what it leaves out: everything is sent again. */
  async #update(
    { id }: CredentialObject,
    change: { readonly status?: 'active' | 'disabled'; readonly name?: string }
  ): Promise<void> {
    const current = this.#answers.get(id) ?? (await this.#read(id))
    const { policies, condition } = writablePermissions(current)
    await this.#options.account.call((sdk, account_id) =>
      sdk.accounts.tokens.update(id, {
        account_id,
        name: change.name ?? current.name,
        policies: policies as never,
        ...(condition === undefined ? {} : { condition: condition }),
        ...(current.expires_on == null ? {} : { expires_on: current.expires_on }),
        ...(current.not_before == null ? {} : { not_before: current.not_before }),
        ...(change.status === undefined ? {} : { status: change.status })
      })
    )
  }

  /** Nothing names a token but the slots. */
  requireRemovable(): Promise<void> {
    return Promise.resolve()
  }

  async remove(id: string): Promise<void> {
    try {
      await this.#options.account.call((sdk, account_id) => sdk.accounts.tokens.delete(id, { account_id }))
    } catch (thrown) {
      if (!isNotFound(thrown)) throw thrown
    }
  }

  async #waitUntilActive(id: string, value: Secret): Promise<void> {
    const { clock, random, cancelled: signal } = this.#options
    let seen = 'it was refused'
    const active = await pollUntil({
      clock,
      random,
      signal,
      firstDelayMs: 500,
      maxDelayMs: 5_000,
      withinMs: ACTIVATION_MS,
      attempt: async () => {
        try {
          const answer = await this.#verify(value)
          if (answer.id !== id)
            throw new RotationError('not-verified', `Its value belongs to ${answer.id}, not to ${id}.`)
          if (answer.status === 'active') return true
          seen = `its status was ${answer.status}`
        } catch (thrown) {
          if (!isRefusal(thrown)) throw thrown
        }
        return undefined
      }
    })
    if (active === true) return
    throw new RotationError('not-verified', `It was not active after ${ACTIVATION_MS / 1000} s: ${seen}.`, {
      hint: 'If the token has a client IP filter, the runner must be within it.'
    })
  }

  async #verify(value: Secret) {
    const answer = await this.#options.account.callAs(value, (sdk, account_id) =>
      sdk.accounts.tokens.verify({ account_id })
    )
    return parseAnswer(verifySchema, answer, 'verifying an API token')
  }

  async #read(id: string): Promise<TokenAnswer> {
    const answer = await this.#options.account.call((sdk, account_id) =>
      sdk.accounts.tokens.get(id, { account_id })
    )
    return parseAnswer(tokenSchema, answer, 'reading an API token')
  }

  #expected(like: CredentialObject | undefined): TokenPermissions {
    if (this.#stated !== undefined) return this.#stated
    const model = like === undefined ? undefined : this.#answers.get(like.id)
    if (model === undefined) throw new TypeError('prepare() was not called')
    return writablePermissions(model)
  }

  #remember(answer: TokenAnswer): CredentialObject {
    this.#answers.set(answer.id, answer)
    return toObject(answer, this.#options.clock.now())
  }
}

function toObject(answer: TokenAnswer, now: number): CredentialObject {
  const issuedAt = parseInstant(answer.issued_on)
  const managed = readManagedName({ name: answer.name, madeAt: issuedAt, renewable: false, now })
  const expiresAt = parseInstant(answer.expires_on)
  const lastUsedAt = parseInstant(answer.last_used_on)
  return {
    id: answer.id,
    name: answer.name,
    status: answer.status,
    ...(managed === undefined ? {} : { managed }),
    ...(issuedAt === undefined ? {} : { issuedAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt })
  }
}

function valueOf(values: FieldValues): Secret {
  const value = values[VALUE]
  if (value === undefined) throw new TypeError('An account token has the field "value"')
  return value
}

/** Cloudflare's code for a value that is not a token, or no longer one. */
const INVALID_TOKEN = 1000

function isInvalid(error: RotationError): boolean {
  return error.code === 'refused' && error.call?.status === 401 && error.call.apiCode === INVALID_TOKEN
}

/** Answers of Cloudflare to a token that it does not accept yet. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof RotationError && (thrown.code === 'refused' || thrown.code === 'permission')
}
