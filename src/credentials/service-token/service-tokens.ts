import type { CloudflareAccount } from '../../cloudflare/account.ts'
import type { CreatedServiceTokenAnswer, ServiceTokenAnswer } from '../../cloudflare/answers.ts'
import { API_CODES } from '../../cloudflare/errors/error-codes.ts'
import { parseInstant, type Clock } from '../../kernel/clock.ts'
import { RotationError } from '../../kernel/error.ts'
import { withoutUndefined } from '../../kernel/optional.ts'
import { Secret, type SecretRegistry } from '../../kernel/secret.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
import type {
  CreatedCredential,
  CredentialObject,
  CredentialPort,
  FieldSlots,
  FieldValues,
  Probe,
  SlotReading
} from '../../rotation/model/ports.ts'
import type { AccessPolicies } from './access-policies.ts'
import { AnswerCache } from '../answer-cache.ts'
import { confirmRefusal, readUnlisted } from '../confirm-refusal.ts'
import { toCredentialObject } from '../credential-object.ts'
import { ServiceTokenApi, type ServiceTokenChange } from './service-token-api.ts'

/** What a service token of either strategy is built from. */
export interface ServiceTokenOptions {
  readonly name: string
  readonly fields: readonly FieldSlots[]
  readonly probes: readonly Probe[]
  readonly account: CloudflareAccount
  readonly accessPolicies: AccessPolicies
  /** The list of the account's service tokens, read once a run. */
  readonly tokens: () => Promise<readonly ServiceTokenAnswer[]>
  /** The list, read afresh. */
  readonly freshTokens: () => Promise<readonly ServiceTokenAnswer[]>
  readonly clock: Clock
  /** Aborted when the run is cancelled: no wait goes on. */
  readonly cancelled: AbortSignal
  readonly secrets: SecretRegistry
}

/** Pause before a deletion is tried again that Cloudflare refused since a rule names the token, in milliseconds. */
const DELETE_AGAIN_MS = 2_000

/** The fields of the pair, as the configuration names them. */
const CLIENT_ID = 'client-id'
const CLIENT_SECRET = 'client-secret'

/** The account's Access service tokens, as one credential of either strategy reads, changes and removes them. */
export class ServiceTokens {
  readonly api: ServiceTokenApi
  readonly #options: ServiceTokenOptions
  readonly #answers: AnswerCache<ServiceTokenAnswer>

  constructor(options: ServiceTokenOptions, { renewable }: { readonly renewable: boolean }) {
    this.#options = options
    const api = new ServiceTokenApi(options.account)
    this.api = api
    this.#answers = new AnswerCache({
      list: options.freshTokens,
      read: (id) => api.read(id),
      toObject: (answer) => toObject(answer, { now: options.clock.now(), renewable }),
      variant: renewable ? 'renewable' : 'replaced'
    })
  }

  /** Tells which token a pair belongs to and whether it works. */
  async identify(values: FieldValues): Promise<SlotReading> {
    return await confirmRefusal(
      this.#options,
      () => this.#check(values, { isFresh: false }),
      () => this.#check(values, { isFresh: true })
    )
  }

  /**
   * Looks the client id up in the list, which alone says whether a token is revoked, and tries the pair with every probe that only reads. Only a fresh
   * list is set against a probe that passes.
   */
  async #check(values: FieldValues, { isFresh }: { readonly isFresh: boolean }): Promise<SlotReading> {
    const { name, tokens: known, freshTokens } = this.#options
    const clientId = values[CLIENT_ID]
    if (clientId === undefined) throw new TypeError('A service token has the field "client-id"')
    const reading = this.#options.probes.filter(({ readsOnly }) => readsOnly)
    const [tokens, evidence] = await allOrFirstError([
      isFresh ? freshTokens() : known(),
      allOrFirstError(reading.map((probe) => probe.run(values)))
    ])
    const token = tokens.find(({ client_id }) => client_id === clientId.reveal())
    if (token === undefined) {
      const reason = 'no service token of the account has this client id'
      return readUnlisted({ name, reason, evidence: isFresh ? evidence : [], role: 'access' })
    }
    const { id } = token
    const expiresAt = parseInstant(token.expires_at)
    if (token.enabled === false) return { state: 'refused', reason: 'it is disabled', id }
    if (expiresAt !== undefined && expiresAt <= this.#options.clock.now())
      return { state: 'refused', reason: 'it has expired', id }
    const failed = evidence.find(({ verdict }) => verdict === 'unauthenticated' || verdict === 'forbidden')
    if (failed !== undefined)
      return { state: 'rejected', reason: `probe "${failed.label}": ${failed.detail}`, id }
    return { state: 'working', id, ...withoutUndefined({ expiresAt }) }
  }

  /** Every token of the account. */
  async list(): Promise<readonly CredentialObject[]> {
    return this.#answers.addAll(await this.#options.tokens())
  }

  /** Drops what was read. */
  release(): void {
    this.#answers.clear()
  }

  /** Looks a name up afresh. */
  findByName(name: string): Promise<readonly CredentialObject[]> {
    return this.#answers.findByName(name)
  }

  /** Reads one token afresh; undefined when it is gone. */
  reread(id: string): Promise<CredentialObject | undefined> {
    return this.#answers.reread(id)
  }

  /** The last answer about a token. */
  get(id: string): ServiceTokenAnswer | undefined {
    return this.#answers.get(id)
  }

  /** Takes over an answer that holds a new secret. */
  add({ client_secret, ...token }: CreatedServiceTokenAnswer): CreatedCredential {
    const values = {
      [CLIENT_ID]: new Secret(token.client_id),
      [CLIENT_SECRET]: this.#options.secrets.register(client_secret)
    }
    return { object: this.#answers.add(token), values }
  }

  /** Changes a token. */
  async update(id: string, change: ServiceTokenChange): Promise<void> {
    const name = this.#answers.get(id)?.name ?? ''
    this.#answers.add(await this.api.update({ id, name }, change))
  }

  /**
   * Adds to a new token when it ends, which the answer to its creation may leave out. The probes prove that it is admitted. A failed read is not a
   * reason to give the token up.
   */
  async complete(object: CredentialObject): Promise<CredentialObject> {
    if (object.expiresAt !== undefined || this.#answers.get(object.id)?.duration === 'forever') return object
    try {
      return (await this.#answers.reread(object.id)) ?? object
    } catch (thrown) {
      if (thrown instanceof RotationError) return object
      throw thrown
    }
  }

  /**
   * Takes a token out of every rule that names it, and deletes it.
   * @throws RotationError `access-policy` when a rule names it without a successor, listed or not
   */
  async remove(id: string, successors: ReadonlySet<string>): Promise<void> {
    const { accessPolicies } = this.#options
    if (accessPolicies.isNamed(id)) await accessPolicies.removeFromPolicies(id, successors)
    try {
      await this.api.delete(id)
    } catch (thrown) {
      if (!isInUse(thrown)) throw thrown
      await accessPolicies.removeFromAllPolicies(id, successors)
      await this.#deleteAgain(id)
    }
  }

  async #deleteAgain(id: string): Promise<void> {
    const { clock, cancelled } = this.#options
    await clock.sleep(DELETE_AGAIN_MS, cancelled)
    try {
      await this.api.delete(id)
    } catch (thrown) {
      if (!isInUse(thrown)) throw thrown
      throw thrown.with({
        code: 'access-policy',
        message: `A policy or group names ${id}, and Cloudflare does not list it: ${thrown.message}`,
        hint: `Find what names ${id} in the Cloudflare dashboard, and add the new service token there or remove this one. Check that auth.access may read every policy and group.`
      })
    }
  }

  /**
   * The token that PRIMARY holds, or held last.
   * @throws RotationError `missing-value` when the account has none with its client id, or the step is not given that and no name tells
   */
  requirePredecessor(
    predecessor: CredentialObject | undefined,
    current: CredentialPort['current'] = 'given'
  ): CredentialObject {
    if (predecessor !== undefined) return predecessor
    if (current === 'unknown') {
      throw new RotationError(
        'missing-value',
        `${this.#options.name}: there is no earlier service token, so it is not known where a new one is to be admitted.`,
        { hint: 'Name the one in use with `adopt`. Nothing was changed.' }
      )
    }
    throw new RotationError(
      'missing-value',
      `${this.#options.name}: the client id in PRIMARY belongs to no service token of the account.`,
      {
        hint: 'Check that the variable holds the client id, ending in `.access`, and that account-id is right.'
      }
    )
  }
}

function isInUse(thrown: unknown): thrown is RotationError {
  return thrown instanceof RotationError && thrown.call?.apiCode === API_CODES.serviceTokenInUse
}

function toObject(
  answer: ServiceTokenAnswer,
  { now, renewable }: { readonly now: number; readonly renewable: boolean }
): CredentialObject {
  const expiresAt = parseInstant(answer.expires_at)
  const isExpired = expiresAt !== undefined && expiresAt <= now
  return toCredentialObject({
    id: answer.id,
    name: answer.name,
    publicId: answer.client_id,
    status: answer.enabled === false ? 'disabled' : isExpired ? 'expired' : 'active',
    createdAt: answer.created_at,
    expiresAt: answer.expires_at,
    lastUsedAt: answer.last_seen_at,
    renewable,
    issuedWhenNamed: true,
    now
  })
}
