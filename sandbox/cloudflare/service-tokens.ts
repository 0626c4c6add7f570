import type { ServiceToken as PresentedToken } from 'cloudflare/resources/zero-trust/access/service-tokens'
import { isoSeconds } from '../clock.ts'
import { parseAccessDuration } from './access-duration.ts'
import { invalidAccessRequest, noAccessObject, serviceTokenInUse } from './access-error.ts'
import type { AccessContext } from './access.ts'
import { ClientSecrets } from './client-secrets.ts'
import { Propagated } from './propagated.ts'

/** Service token as the sandbox stores it; times are epoch milliseconds. */
export interface ServiceToken {
  readonly id: string
  readonly clientId: string
  name: string
  duration: string
  /** `undefined` means `forever`. */
  expiresAt: number | undefined
  readonly enabled: Propagated<boolean>
  readonly secrets: ClientSecrets
  secretVersion: number
  readonly createdAt: number
  updatedAt: number
  lastSeenAt: number | undefined
  deletedAt: number | undefined
  /** When the edge learns that it is deleted. */
  deletionEffectiveFrom: number
}

/** Writable part of a service token. */
export interface ServiceTokenInput {
  readonly name?: string
  readonly duration?: string
  readonly enabled?: boolean
  readonly client_secret_version?: number
  readonly previous_client_secret_expires_at?: string
}

/** Verdict of the edge on a client id and a client secret. */
export type PairVerdict =
  | { readonly works: true; readonly token: ServiceToken }
  | { readonly works: false; readonly reason: 'unknown' | 'deleted' | 'expired' | 'disabled' | 'secret' }

const yearMs = 8760 * 3_600_000

/** Access service tokens of the account, including deleted ones. */
export class ServiceTokens {
  /** Limit of service tokens: Cloudflare's default, which is raised for some accounts. */
  limit = 50
  /** Whether the answer to a creation or rotation contains `expires_at`; random each time when not set. */
  includesExpiry: boolean | undefined
  /** Whether answers contain `last_seen_at`, which the SDK does not know. */
  includesLastSeen = true
  /** Whether answers contain `client_secret_version` and `previous_client_secret_expires_at`, which the SDK knows only as parameters. */
  includesSecretVersion = false
  /** Longest overlap of two secrets that is accepted, in milliseconds. */
  graceLimitMs = Infinity
  /** Whether an ended previous secret works again when its end is moved into the future; otherwise that is a 400. */
  allowsReactivation = true
  /** Ids of tokens that the list does not show. */
  readonly unlisted = new Set<string>()
  readonly #context: AccessContext
  readonly #byId = new Map<string, ServiceToken>()

  constructor(context: AccessContext) {
    this.#context = context
  }

  /** Every token that ever existed, deleted ones included, oldest first. */
  get all(): readonly ServiceToken[] {
    return [...this.#byId.values()]
  }

  /** Tokens that are not deleted, oldest first. */
  get existing(): readonly ServiceToken[] {
    return this.all.filter((token) => token.deletedAt === undefined)
  }

  /** Returns the token that a route or a rule names. */
  get(id: string): ServiceToken {
    const token = this.#byId.get(id)
    if (token === undefined || token.deletedAt !== undefined) throw noAccessObject('service_token')
    return token
  }

  exists(id: string): boolean {
    return this.existing.some((token) => token.id === id)
  }

  findByClientId(clientId: string): ServiceToken | undefined {
    return this.all.find((token) => token.clientId === clientId)
  }

  findBySecret(value: string): ServiceToken | undefined {
    return this.all.find((token) => token.secrets.values.includes(value))
  }

  create(input: ServiceTokenInput & { readonly name: string }): ServiceToken {
    const { clock, entropy, delays } = this.#context
    if (this.existing.length >= this.limit) {
      throw invalidAccessRequest('the account has reached its limit of service tokens')
    }
    const now = clock.now()
    const duration = input.duration ?? '8760h'
    const token: ServiceToken = {
      id: entropy.uuid(),
      clientId: `${entropy.hex(32)}.access`,
      name: input.name,
      duration,
      expiresAt: endOf(duration, now),
      enabled: new Propagated(input.enabled ?? true, now),
      secrets: new ClientSecrets(this.#newValue(), now + delays.newSecretsMs),
      secretVersion: input.client_secret_version ?? 1,
      createdAt: now,
      updatedAt: now,
      lastSeenAt: undefined,
      deletedAt: undefined,
      deletionEffectiveFrom: Infinity
    }
    this.#byId.set(token.id, token)
    return token
  }

  /** Changes what is given and keeps the rest; returns whether a higher version created a new secret. */
  update(token: ServiceToken, input: ServiceTokenInput): boolean {
    const { clock, delays } = this.#context
    const now = clock.now()
    const end = this.#parseGrace(input.previous_client_secret_expires_at)
    const rotates = (input.client_secret_version ?? token.secretVersion) > token.secretVersion
    if (!rotates && end !== undefined) this.#moveEnd(token, end)
    if (rotates) this.#replaceSecret(token, end ?? now)
    token.secretVersion = input.client_secret_version ?? token.secretVersion
    token.name = input.name ?? token.name
    // Counted from this update, even if the duration is unchanged.
    if (input.duration !== undefined) {
      token.duration = input.duration
      token.expiresAt = endOf(input.duration, now)
    }
    if (input.enabled !== undefined && input.enabled !== token.enabled.current) {
      token.enabled.set(input.enabled, now + (input.enabled ? delays.newSecretsMs : delays.revocationsMs))
    }
    token.updatedAt = now
    return rotates
  }

  /** Gives the token a new secret; the old one ends at once, or at the given time. */
  rotate(token: ServiceToken, previousEndsAt: string | undefined): void {
    const now = this.#context.clock.now()
    this.#replaceSecret(token, this.#parseGrace(previousEndsAt) ?? now)
    token.secretVersion += 1
    token.updatedAt = now
  }

  /** Extends the token by one year from now. */
  refresh(token: ServiceToken): void {
    token.updatedAt = this.#context.clock.now()
    if (token.expiresAt !== undefined) token.expiresAt = token.updatedAt + yearMs
  }

  delete(token: ServiceToken): void {
    if (this.#context.isTokenNamed(token.id)) throw serviceTokenInUse()
    token.deletedAt = this.#context.clock.now()
    token.deletionEffectiveFrom = token.deletedAt + this.#context.delays.revocationsMs
  }

  /** Whether the edge accepts a pair now, whatever it may access, and why not. */
  classify(clientId: string, value: string): PairVerdict {
    const now = this.#context.clock.now()
    const token = this.findByClientId(clientId)
    if (token === undefined) return { works: false, reason: 'unknown' }
    if (token.deletionEffectiveFrom <= now) return { works: false, reason: 'deleted' }
    if (token.expiresAt !== undefined && token.expiresAt <= now) return { works: false, reason: 'expired' }
    if (token.enabled.effective(now) !== true) return { works: false, reason: 'disabled' }
    return token.secrets.accepts(value, now) ? { works: true, token } : { works: false, reason: 'secret' }
  }

  /** Whether the edge accepts a pair now. */
  works(clientId: string, value: string): boolean {
    return this.classify(clientId, value).works
  }

  /** Formats a token as answers show it, typed by the SDK; never with its secret. */
  present(token: ServiceToken): PresentedToken & Record<string, unknown> {
    return {
      id: token.id,
      client_id: token.clientId,
      name: token.name,
      duration: token.duration,
      enabled: token.enabled.current,
      created_at: isoSeconds(token.createdAt),
      updated_at: isoSeconds(token.updatedAt),
      ...showTime('expires_at', token.expiresAt),
      ...(this.includesLastSeen ? showTime('last_seen_at', token.lastSeenAt) : {}),
      ...(this.includesSecretVersion ? { client_secret_version: token.secretVersion } : {}),
      ...(this.includesSecretVersion
        ? showTime('previous_client_secret_expires_at', token.secrets.previousExpiresAt)
        : {})
    }
  }

  /** Formats the answer to a creation or rotation, the only one with the secret; it may lack `expires_at`. */
  presentWithSecret(token: ServiceToken): Record<string, unknown> {
    const { expires_at, ...shown } = this.present(token)
    const tells = this.includesExpiry ?? this.#context.order.oneIn(2)
    return {
      ...shown,
      ...(tells && expires_at !== undefined ? { expires_at } : {}),
      client_secret: token.secrets.current
    }
  }

  #newValue(): string {
    return `cfast_${this.#context.entropy.text(48)}`
  }

  #replaceSecret(token: ServiceToken, previousExpiresAt: number): void {
    const { clock, delays } = this.#context
    const now = clock.now()
    token.secrets.replace(
      { value: this.#newValue(), usableFrom: now + delays.newSecretsMs },
      { now, effectiveFrom: now + delays.revocationsMs, previousExpiresAt }
    )
  }

  #moveEnd(token: ServiceToken, expiresAt: number): void {
    const { clock, delays } = this.#context
    const now = clock.now()
    const { previousExpiresAt = Infinity } = token.secrets
    if (previousExpiresAt <= now && expiresAt > now && !this.allowsReactivation) {
      throw invalidAccessRequest('the previous client secret has expired')
    }
    token.secrets.movePreviousEnd({ now, effectiveFrom: now + delays.revocationsMs, expiresAt })
  }

  #parseGrace(text: string | undefined): number | undefined {
    if (text === undefined) return undefined
    const end = Date.parse(text)
    if (end - this.#context.clock.now() > this.graceLimitMs) {
      throw invalidAccessRequest('previous_client_secret_expires_at is too far in the future')
    }
    return end
  }
}

function endOf(duration: string, from: number): number | undefined {
  return duration === 'forever' ? undefined : from + (parseAccessDuration(duration) ?? yearMs)
}

function showTime(key: string, time: number | undefined): Record<string, string> {
  return time === undefined ? {} : { [key]: isoSeconds(time) }
}
