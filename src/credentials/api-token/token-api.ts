import type { CloudflareAccount } from '../../cloudflare/account.ts'
import {
  createdTokenSchema,
  tokenSchema,
  verifySchema,
  type CreatedTokenAnswer,
  type TokenAnswer,
  type VerifyAnswer
} from '../../cloudflare/answers.ts'
import { API_CODES } from '../../cloudflare/errors/error-codes.ts'
import { listTokens } from '../../cloudflare/lists.ts'
import { toTokenPolicies } from '../../cloudflare/sdk-params.ts'
import type { TokenRoutes } from '../../cloudflare/token-routes.ts'
import { parseAnswer } from '../../http/parse-answer.ts'
import type { Clock } from '../../kernel/clock.ts'
import { RotationError, ifFound } from '../../kernel/error.ts'
import { withoutUndefined } from '../../kernel/optional.ts'
import { pollUntil } from '../../kernel/retry.ts'
import type { Secret } from '../../kernel/secret.ts'
import { writablePermissions, type TokenPermissions } from './token-permissions.ts'

/** What a new token is created with. */
export interface NewToken extends TokenPermissions {
  readonly name: string
  /** RFC 3339, to the second. */
  readonly expiresOn: string
}

/** What an update changes; everything else of the token stays. */
export interface TokenChange {
  readonly name: string
  readonly status?: 'active' | 'disabled'
}

/** What a wait for a new token needs. */
export interface Patience {
  readonly clock: Clock
  readonly random: () => number
  readonly cancelled: AbortSignal
}

/** A new token that is waited for. */
export interface Activation extends Patience {
  readonly id: string
  readonly value: Secret
}

/** How long a new token may be refused after its creation; Cloudflare says "a few seconds" and gives no bound. */
const ACTIVATION_MS = 60_000
const ACTIVATION = { firstDelayMs: 500, maxDelayMs: 5_000, withinMs: ACTIVATION_MS }

/** Cloudflare's API for the API tokens of one owner. */
export class TokenApi {
  readonly #account: CloudflareAccount
  readonly #routes: TokenRoutes

  constructor(account: CloudflareAccount, routes: TokenRoutes) {
    this.#account = account
    this.#routes = routes
  }

  /** Reads every token. */
  list(): Promise<readonly TokenAnswer[]> {
    return listTokens((request) => this.#account.call(request), this.#routes)
  }

  /** Reads one token. */
  async read(id: string): Promise<TokenAnswer> {
    const answer = await this.#account.call((sdk, account) => this.#routes.read(sdk, account, id))
    return parseAnswer(tokenSchema, answer, 'reading an API token')
  }

  /** Reads a new token, which Cloudflare may not show everywhere at once. @throws RotationError `not-found` when it is not there in time */
  async readNew(id: string, { clock, random, cancelled: signal }: Patience): Promise<TokenAnswer> {
    const found = await pollUntil({
      ...{ clock, random, signal },
      ...ACTIVATION,
      attempt: () => ifFound(this.read(id))
    })
    return found ?? (await this.read(id))
  }

  /** Creates a token. */
  async create({ name, expiresOn, policies, condition }: NewToken): Promise<CreatedTokenAnswer> {
    const body = {
      name,
      policies: toTokenPolicies(policies),
      expires_on: expiresOn,
      ...withoutUndefined({ condition })
    }
    const answer = await this.#account.call((sdk, account) => this.#routes.create(sdk, account, body))
    return parseAnswer(createdTokenSchema, answer, 'creating an API token')
  }

  /** Updates a token. An update replaces the whole token, and silently drops what it leaves out: everything is sent again. */
  async update(current: TokenAnswer, { name, status }: TokenChange): Promise<void> {
    const { policies, condition } = writablePermissions(current)
    const body = {
      name,
      policies: toTokenPolicies(policies),
      ...withoutUndefined({
        condition,
        expires_on: current.expires_on ?? undefined,
        not_before: current.not_before ?? undefined,
        status
      })
    }
    await this.#account.call((sdk, account) => this.#routes.update(sdk, account, current.id, body))
  }

  /** Deletes a token; one that is gone already is not an error. */
  async delete(id: string): Promise<void> {
    await ifFound(this.#account.call((sdk, account) => this.#routes.delete(sdk, account, id)))
  }

  /** Asks a token about itself. */
  async verify(value: Secret): Promise<VerifyAnswer> {
    const answer = await this.#account.callAs(value, (sdk, account) => this.#routes.verify(sdk, account))
    return parseAnswer(verifySchema, answer, 'verifying an API token')
  }

  /** Waits until a new token is active. @throws RotationError `not-verified` when it is not in time */
  async waitUntilActive({ id, value, clock, random, cancelled }: Activation): Promise<void> {
    let seen = 'it was refused'
    const active = await pollUntil({
      ...{ clock, random, signal: cancelled },
      ...ACTIVATION,
      attempt: async () => {
        try {
          const answer = await this.verify(value)
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
}

/** Tells whether Cloudflare says that a value is not a token, or no longer one; a block page or an IP filter does not. */
export function isInvalidToken(error: RotationError): boolean {
  return (
    error.code === 'refused' && error.call?.status === 401 && error.call.apiCode === API_CODES.invalidToken
  )
}

/** Cloudflare's answers to a token that it does not accept yet. */
function isRefusal(thrown: unknown): boolean {
  return thrown instanceof RotationError && (thrown.code === 'refused' || thrown.code === 'permission')
}
