import type { CloudflareAccount } from '../../cloudflare/account.ts'
import {
  createdServiceTokenSchema,
  serviceTokenSchema,
  type CreatedServiceTokenAnswer,
  type ServiceTokenAnswer
} from '../../cloudflare/answers.ts'
import { parseAnswer } from '../../http/parse-answer.ts'
import { formatInstant } from '../../kernel/clock.ts'
import { ifFound } from '../../kernel/error.ts'
import { withoutUndefined } from '../../kernel/optional.ts'

/** What an update changes; everything else of the token stays. */
export interface ServiceTokenChange {
  readonly name?: string
  readonly enabled?: boolean
  /** When the previous secret ends, in milliseconds since the epoch. */
  readonly previousSecretEndsAt?: number
}

/** Cloudflare's API for Access service tokens. */
export class ServiceTokenApi {
  readonly #account: CloudflareAccount

  constructor(account: CloudflareAccount) {
    this.#account = account
  }

  /** Reads one token. */
  async read(id: string): Promise<ServiceTokenAnswer> {
    const answer = await this.#account.call((sdk, account_id) =>
      sdk.zeroTrust.access.serviceTokens.get(id, { account_id })
    )
    return parseAnswer(serviceTokenSchema, answer, 'reading a service token')
  }

  /** Creates a token; `duration` as Cloudflare takes it, e.g. `8760h`. */
  async create(name: string, duration: string | null | undefined): Promise<CreatedServiceTokenAnswer> {
    const answer = await this.#account.call((sdk, account_id) =>
      sdk.zeroTrust.access.serviceTokens.create({
        account_id,
        name,
        ...withoutUndefined({ duration: duration ?? undefined })
      })
    )
    return parseAnswer(createdServiceTokenSchema, answer, 'creating a service token')
  }

  /** Gives a token a new secret; the previous one remains valid until an instant (milliseconds since the epoch). */
  async rotate(id: string, previousSecretEndsAt: number): Promise<CreatedServiceTokenAnswer> {
    const previous_client_secret_expires_at = formatInstant(previousSecretEndsAt)
    const answer = await this.#account.call((sdk, account_id) =>
      sdk.zeroTrust.access.serviceTokens.rotate(id, { account_id, previous_client_secret_expires_at })
    )
    return parseAnswer(createdServiceTokenSchema, answer, 'rotating a service token')
  }

  /** Extends a token's validity by its duration, from now. */
  async refresh(id: string): Promise<void> {
    await this.#account.call((sdk, account_id) =>
      sdk.zeroTrust.access.serviceTokens.refresh(id, { account_id })
    )
  }

  /** Updates a token. The duration is left out: with one, the validity would count from this moment. */
  async update(
    { id, name }: { readonly id: string; readonly name: string },
    { previousSecretEndsAt, ...change }: ServiceTokenChange
  ): Promise<ServiceTokenAnswer> {
    const answer = await this.#account.call((sdk, account_id) =>
      sdk.zeroTrust.access.serviceTokens.update(id, {
        account_id,
        name,
        ...change,
        ...withoutUndefined({
          previous_client_secret_expires_at:
            previousSecretEndsAt === undefined ? undefined : formatInstant(previousSecretEndsAt)
        })
      })
    )
    return parseAnswer(serviceTokenSchema, answer, 'updating a service token')
  }

  /** Deletes a token; one that is gone already is not an error. */
  async delete(id: string): Promise<void> {
    await ifFound(
      this.#account.call((sdk, account_id) => sdk.zeroTrust.access.serviceTokens.delete(id, { account_id }))
    )
  }
}
