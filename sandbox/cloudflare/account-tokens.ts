import type { TokenPolicy, TokenPolicyParam } from 'cloudflare/resources/shared'
import { isoSeconds } from '../clock.ts'
import { CloudflareError, invalidRequest } from './cloudflare-error.ts'
import type { CloudflareContext } from './state.ts'
import type { ConditionSpelling, TokenCondition } from './token-condition.ts'
import { ACCOUNT_OWNER, type TokenOwner } from './token-owner.ts'
import { grantGroups, settlePolicies } from './token-policies.ts'

/** Account or user token as the sandbox stores it; times are epoch milliseconds. */
export interface AccountToken {
  readonly id: string
  value: string
  name: string
  policies: TokenPolicy[]
  condition: TokenCondition | undefined
  disabled: boolean
  issuedOn: number
  modifiedOn: number
  lastUsedOn: number | undefined
  expiresOn: number | undefined
  notBefore: number | undefined
  /** When the current value is known everywhere. */
  usableFrom: number
  deletedAt: number | undefined
}

/** Writable part of a token, as POST and PUT take it. */
export interface TokenInput {
  readonly name: string
  readonly policies: readonly TokenPolicyParam[]
  readonly condition?: TokenCondition
  readonly expires_on?: string
  readonly not_before?: string
  readonly status?: string
}

/** Reasons for which a value does not authenticate. */
export type TokenVerdict =
  | { readonly works: true; readonly token: AccountToken }
  | {
      readonly works: false
      readonly reason: 'unknown' | 'deleted' | 'expired' | 'disabled' | 'not-yet' | 'propagating'
    }

/** API tokens of an owner, including deleted ones. */
export class AccountTokens {
  /** Limit of tokens: Cloudflare's default, which Support raises. */
  limit: number
  readonly owner: TokenOwner
  /** Spelling of the client IP filter in this account's answers; it accepts both. */
  conditionSpelling: ConditionSpelling = 'request_ip'
  /** Ids of permission groups that the caller may not grant to a token. */
  readonly unselectable = new Set<string>()
  /** How long a new value is refused after creation or roll, in milliseconds. */
  propagationMs = 0
  /** Ids of tokens that the caller cannot see, as with a provisioning role; their values work. */
  readonly unseen = new Set<string>()
  /** Whether answers say when a token was issued; Cloudflare's schema leaves that open. */
  showsIssue = true
  /** Whether an expired token can still be fetched by id. */
  expiredReadable = true
  /** Whether expired tokens count toward the limit, which Cloudflare does not say. */
  expiredCountTowardLimit = false
  readonly #context: CloudflareContext
  readonly #byId = new Map<string, AccountToken>()
  readonly #byValue = new Map<string, AccountToken>()

  constructor(context: CloudflareContext, owner: TokenOwner = ACCOUNT_OWNER) {
    this.#context = context
    this.owner = owner
    this.limit = owner.limit
  }

  /** Every token that ever existed, deleted ones included, oldest first. */
  get all(): readonly AccountToken[] {
    return [...this.#byId.values()]
  }

  /** Forgets deleted tokens, which a long simulation would otherwise search again and again. */
  forgetDeleted(): void {
    for (const { id, value, deletedAt } of this.all) {
      if (deletedAt === undefined) continue
      this.#byId.delete(id)
      this.#byValue.delete(value)
    }
  }

  /** Existing tokens that the caller sees. */
  get seen(): readonly AccountToken[] {
    return this.existing.filter(({ id }) => !this.unseen.has(id))
  }

  /** Tokens that are not deleted, oldest first. */
  get existing(): readonly AccountToken[] {
    return this.all.filter((token) => token.deletedAt === undefined)
  }

  statusOf(token: AccountToken): 'active' | 'disabled' | 'expired' {
    if (token.expiresOn !== undefined && token.expiresOn <= this.#context.clock.now()) return 'expired'
    return token.disabled ? 'disabled' : 'active'
  }

  /** Whether a value authenticates now, whatever its permissions, and why not. */
  classify(value: string): TokenVerdict {
    const token = this.#byValue.get(value)
    const now = this.#context.clock.now()
    if (token === undefined || token.value !== value) return { works: false, reason: 'unknown' }
    if (token.deletedAt !== undefined) return { works: false, reason: 'deleted' }
    const status = this.statusOf(token)
    if (status !== 'active') return { works: false, reason: status }
    if (token.notBefore !== undefined && token.notBefore > now) return { works: false, reason: 'not-yet' }
    if (token.usableFrom > now) return { works: false, reason: 'propagating' }
    return { works: true, token }
  }

  /** Whether a value authenticates now. */
  works(value: string): boolean {
    return this.classify(value).works
  }

  findByValue(value: string): AccountToken | undefined {
    return this.#byValue.get(value)
  }

  find(id: string): AccountToken | undefined {
    return this.#byId.get(id)
  }

  /** Returns the token that a route names; a deleted one is not found, nor is an expired one where that is set. */
  get(id: string): AccountToken {
    const token = this.#byId.get(id)
    const hidden = token !== undefined && !this.expiredReadable && this.statusOf(token) === 'expired'
    if (token === undefined || token.deletedAt !== undefined || hidden || this.unseen.has(id)) {
      throw new CloudflareError(404, { code: 1003, message: 'API token not found' })
    }
    return token
  }

  create(input: TokenInput): AccountToken {
    if (input.status !== undefined) throw invalidRequest('status cannot be set on creation')
    const counted = this.existing.filter(
      (token) => this.expiredCountTowardLimit || this.statusOf(token) !== 'expired'
    )
    if (counted.length >= this.limit) {
      const message = `The ${this.owner.isUser ? 'user' : 'account'} has reached its limit of API tokens`
      throw new CloudflareError(400, { code: 1005, message })
    }
    const { clock, entropy } = this.#context
    const now = clock.now()
    const token: AccountToken = {
      id: entropy.hex(32),
      value: this.#newValue(),
      ...this.#settle(input),
      disabled: false,
      issuedOn: now,
      modifiedOn: now,
      lastUsedOn: undefined,
      usableFrom: now + this.propagationMs,
      deletedAt: undefined
    }
    this.#byId.set(token.id, token)
    this.#byValue.set(token.value, token)
    return token
  }

  /** Replaces the whole token: what is left out is removed. */
  replace(id: string, input: TokenInput): AccountToken {
    const token = this.get(id)
    Object.assign(token, this.#settle(input), { modifiedOn: this.#context.clock.now() })
    if (input.status !== undefined) {
      if (token.disabled && input.status === 'active')
        token.usableFrom = this.#context.clock.now() + this.propagationMs
      token.disabled = input.status === 'disabled'
    }
    return token
  }

  delete(id: string): void {
    this.get(id).deletedAt = this.#context.clock.now()
  }

  /** Gives the token a new value; the old one stops working at once. */
  roll(id: string): string {
    const token = this.get(id)
    token.value = this.#newValue()
    token.modifiedOn = this.#context.clock.now()
    token.usableFrom = token.modifiedOn + this.propagationMs
    this.#byValue.set(token.value, token)
    return token.value
  }

  /** Creates a token as by hand in the dashboard: known everywhere at once. A group of the user's is granted on the user, any other on the account. */
  seed({ name, groups, ttlMs }: { name: string; groups: readonly string[]; ttlMs?: number }): AccountToken {
    const policies = grantGroups(groups, this.#context)
    return this.seedWith({ name, policies, ...(ttlMs === undefined ? {} : { ttlMs }) })
  }

  /** Creates a token with any policies, as by hand in the dashboard. */
  seedWith({
    name,
    policies,
    ttlMs
  }: {
    name: string
    policies: readonly TokenPolicyParam[]
    ttlMs?: number
  }): AccountToken {
    const expires = ttlMs === undefined ? {} : { expires_on: isoSeconds(this.#context.clock.now() + ttlMs) }
    const token = this.create({ name, policies, ...expires })
    token.usableFrom = token.issuedOn
    return token
  }

  /** Shuffles policies and their permission groups: Cloudflare promises no order. */
  shufflePolicies(policies: readonly TokenPolicy[]): TokenPolicy[] {
    const { order } = this.#context
    return order
      .shuffled(policies)
      .map((policy) => ({ ...policy, permission_groups: order.shuffled(policy.permission_groups) }))
  }

  #newValue(): string {
    return `${this.owner.prefix}${this.#context.entropy.text(48)}`
  }

  #settle(
    input: TokenInput
  ): Pick<AccountToken, 'name' | 'policies' | 'condition' | 'expiresOn' | 'notBefore'> {
    const now = this.#context.clock.now()
    const expiresOn = input.expires_on === undefined ? undefined : Date.parse(input.expires_on)
    const notBefore = input.not_before === undefined ? undefined : Date.parse(input.not_before)
    if (expiresOn !== undefined && expiresOn <= now) throw invalidRequest('expires_on must be in the future')
    if (expiresOn !== undefined && notBefore !== undefined && notBefore >= expiresOn) {
      throw invalidRequest('not_before must be before expires_on')
    }
    const policies = settlePolicies(input.policies, this.#context, this.owner)
    if (policies.some((policy) => policy.permission_groups.some(({ id }) => this.unselectable.has(id)))) {
      throw invalidRequest('Failed common permission check against resources')
    }
    return { name: input.name, policies, condition: input.condition, expiresOn, notBefore }
  }
}
