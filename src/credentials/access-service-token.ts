import type { CloudflareAccount } from '../cloudflare/account.ts'
import {
  createdServiceTokenSchema,
  serviceTokenSchema,
  type ServiceTokenAnswer
} from '../cloudflare/answers.ts'
import type { CloudflareCall } from '../cloudflare/lists.ts'
import { parseAnswer } from '../http/parse-answer.ts'
import { formatInstant, parseInstant, type Clock } from '../kernel/clock.ts'
import { RotationError, isNotFound } from '../kernel/error.ts'
import type { Finding } from '../rotation/model/finding.ts'
import { formatManagedName, parseManagedName, readManagedName } from '../rotation/model/managed-name.ts'
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
import { allOrFirstError } from '../kernel/settle.ts'
import { Secret, type SecretRegistry } from '../kernel/secret.ts'
import { SECOND_LOOK_MS } from './second-look.ts'
import type { AccessPolicies } from './access-policies.ts'
import { findLimit } from './limit.ts'

/** What an Access service token is rotated with. */
export interface AccessServiceTokenOptions {
  readonly name: string
  readonly fields: readonly FieldSlots[]
  /** Validity of a new token as Cloudflare takes it, e.g. `8760h`; left out, that of the current one. */
  readonly duration?: string
  /** For a rotation in place: how long the previous secret works on, in milliseconds; left out, a new token is made. */
  readonly graceMs?: number
  readonly probes: readonly Probe[]
  /** How many of its kind the rotation makes at once. */
  readonly headroom: number
  /** Probes that only read, which the current pair must pass too. */
  readonly ownProbes: readonly Probe[]
  readonly account: CloudflareAccount
  readonly accessPolicies: AccessPolicies
  /** Whether every run reads the rules while it observes, so that a rotation need not wait for them. */
  readonly observesRules: boolean
  readonly rules: () => Promise<unknown>
  /** The list of the account's service tokens, read once a run. */
  readonly tokens: () => Promise<readonly ServiceTokenAnswer[]>
  /** The list, read afresh. */
  readonly freshTokens: () => Promise<readonly ServiceTokenAnswer[]>
  readonly clock: Clock
  /** Aborted when the run is asked to stop: nothing is waited for any longer. */
  readonly cancelled: AbortSignal
  readonly secrets: SecretRegistry
}

/** The fields of the pair, as the configuration names them. */
const CLIENT_ID = 'client-id'
const CLIENT_SECRET = 'client-secret'
/** How many an account may have, by Cloudflare's documentation; it is raised on Enterprise plans, so that only the creation itself decides. */
const DEFAULT_LIMIT = 50
/** Cloudflare's code for a service token that some rule names, so that it can't be deleted. */
const IN_USE = 12139
/** The longest grace that the dashboard offers; what the API takes at most is not known. */
const LONGEST_GRACE_MS = 30 * 24 * 3_600_000

/**
 * An Access service token: a pair of client id and client secret. A new one is made and admitted beside the old one, or, in place, the same one
 * gets a new secret while the previous one works on for a grace.
 */
export class AccessServiceToken implements CredentialPort {
  readonly type = 'access-service-token'
  readonly identifiesByUse = false
  readonly name: string
  readonly fields: readonly FieldSlots[]
  readonly inPlace: boolean
  readonly probes: readonly Probe[]
  readonly #options: AccessServiceTokenOptions
  readonly #answers = new Map<string, ServiceTokenAnswer>()

  constructor(options: AccessServiceTokenOptions) {
    this.name = options.name
    this.fields = options.fields
    this.inPlace = options.graceMs !== undefined
    this.probes = options.probes
    this.#options = options
  }

  async identify(values: FieldValues): Promise<SlotReading> {
    const { tokens, freshTokens, clock, cancelled } = this.#options
    const first = await this.#look(values, tokens)
    if (first.state !== 'refused' && first.state !== 'rejected') return first
    await clock.sleep(SECOND_LOOK_MS, cancelled)
    return await this.#look(values, freshTokens)
  }

  /** Looks the client id up in the list, which alone says whether a token is dead, and tries the pair with every probe that only reads. */
  async #look(values: FieldValues, list: () => Promise<readonly ServiceTokenAnswer[]>): Promise<SlotReading> {
    const clientId = values[CLIENT_ID]
    if (clientId === undefined) throw new TypeError('A service token has the field "client-id"')
    const [tokens, evidence] = await allOrFirstError([
      list(),
      allOrFirstError(this.#options.ownProbes.map((probe) => probe.run(values)))
    ])
    const token = tokens.find(({ client_id }) => client_id === clientId.reveal())
    if (token === undefined)
      return { state: 'refused', reason: 'no service token of the account has this client id' }
    const { id } = token
    const expiresAt = parseInstant(token.expires_at)
    if (token.enabled === false) return { state: 'refused', reason: 'it is disabled', id }
    if (expiresAt !== undefined && expiresAt <= this.#options.clock.now())
      return { state: 'refused', reason: 'it has expired', id }
    const failed = evidence.find(({ verdict }) => verdict === 'unauthenticated' || verdict === 'forbidden')
    if (failed !== undefined)
      return { state: 'rejected', reason: `probe "${failed.label}": ${failed.detail}`, id }
    return { state: 'working', id, ...(expiresAt === undefined ? {} : { expiresAt }) }
  }

  async list(): Promise<readonly CredentialObject[]> {
    const { tokens, observesRules, rules } = this.#options
    const [answers] = await allOrFirstError([tokens(), observesRules ? rules() : undefined])
    return answers.map((answer) => this.#remember(answer))
  }

  async prepare(like: CredentialObject | undefined): Promise<readonly Finding[]> {
    if (like === undefined) {
      throw new RotationError(
        'missing-value',
        `${this.name}: the client id in PRIMARY belongs to no service token of the account.`,
        {
          hint: 'Check that the variable holds the client id, ending in `.access`, and that account-id is right.'
        }
      )
    }
    if (this.inPlace) return []
    const tokens = await this.#options.tokens()
    await this.#options.accessPolicies.prepare(like.id)
    const { headroom: added } = this.#options
    return findLimit(this.name, { count: tokens.length, added, limit: DEFAULT_LIMIT, what: 'service tokens' })
  }

  async create({ name, predecessor: like, now }: CreateRequest): Promise<CreatedCredential> {
    if (this.inPlace) return await this.#rotate(name, like, now)
    const duration =
      this.#options.duration ?? (like === undefined ? undefined : this.#answers.get(like.id)?.duration)
    const answer = await this.#call((sdk, account_id) =>
      sdk.zeroTrust.access.serviceTokens.create({
        account_id,
        name,
        ...(duration == null ? {} : { duration })
      })
    )
    return this.#created(answer, 'creating a service token')
  }

  async findByName(name: string): Promise<readonly CredentialObject[]> {
    const tokens = await this.#options.freshTokens()
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

  async admit({ object }: CreatedCredential): Promise<void> {
    if (!this.inPlace) await this.#options.accessPolicies.admit(object.id)
  }

  /**
   * A new service token is what it was made; that it is admitted the probes prove. The answer to its creation may leave out when it ends; what can't
   * be read again is no reason to give it up.
   */
  async verify({ object }: CreatedCredential): Promise<CredentialObject> {
    if (object.expiresAt !== undefined || this.#answers.get(object.id)?.duration === 'forever') return object
    try {
      return this.#remember(await this.#read(object.id))
    } catch (thrown) {
      if (thrown instanceof RotationError) return object
      throw thrown
    }
  }

  async requireRemovable(id: string, successors: ReadonlySet<string>): Promise<void> {
    await this.#options.accessPolicies.requireRemovable(id, successors)
  }

  async remove(id: string, successors: ReadonlySet<string>): Promise<void> {
    const { accessPolicies } = this.#options
    if (accessPolicies.isNamed(id)) await accessPolicies.removeFromPolicies(id, successors)
    try {
      await this.#delete(id)
    } catch (thrown) {
      if (!(thrown instanceof RotationError) || thrown.call?.apiCode !== IN_USE) throw thrown
      await accessPolicies.removeFromAllPolicies(id, successors)
      await this.#delete(id)
    }
  }

  async discard({ object }: Pick<CreatedCredential, 'object'>): Promise<string | undefined> {
    if (!this.inPlace) {
      await this.#options.accessPolicies.removeFromPolicies(object.id)
      await this.#delete(object.id)
      return undefined
    }
    const until = formatInstant(this.#options.clock.now() + LONGEST_GRACE_MS)
    await this.#update(object.id, { previous_client_secret_expires_at: until, name: this.#lostName(object) })
    return `the newest secret of ${object.id} is lost, and the previous one works until ${until}: the next run must rotate before that, and does`
  }

  async disable(old: CredentialObject, retiredName: string): Promise<void> {
    if (!this.inPlace) await this.#update(old.id, { enabled: false, name: retiredName })
    else
      await this.#update(old.id, {
        previous_client_secret_expires_at: formatInstant(this.#options.clock.now() - 1_000)
      })
  }

  async enable(old: CredentialObject, name: string): Promise<void> {
    if (!this.inPlace) {
      await this.#update(old.id, { enabled: true, name })
      return
    }
    const until = formatInstant(this.#options.clock.now() + LONGEST_GRACE_MS)
    await this.#update(old.id, { previous_client_secret_expires_at: until })
  }

  async rename(object: CredentialObject, name: string): Promise<void> {
    await this.#update(object.id, { name })
  }

  /**
   * The name goes first: should this run end before the new secret is in place, the next one sees that it must rotate again.
   * A new secret does not prolong the token, so that is done too.
   */
  async #rotate(name: string, like: CredentialObject | undefined, now: number): Promise<CreatedCredential> {
    if (like === undefined) throw new TypeError('prepare() was not called')
    await this.#update(like.id, { name })
    if (like.expiresAt !== undefined) {
      await this.#call((sdk, account_id) =>
        sdk.zeroTrust.access.serviceTokens.refresh(like.id, { account_id })
      )
    }
    const until = formatInstant(now + (this.#options.graceMs ?? 0))
    const answer = await this.#call((sdk, account_id) =>
      sdk.zeroTrust.access.serviceTokens.rotate(like.id, {
        account_id,
        previous_client_secret_expires_at: until
      })
    )
    return this.#created(answer, 'rotating a service token')
  }

  /** A stamp of 1970 says that the current secret is in no slot: whatever the interval, the next run rotates. */
  #lostName(object: CredentialObject): string {
    const managed = parseManagedName(this.#answers.get(object.id)?.name) ?? object.managed
    if (managed === undefined) throw new TypeError('A rotated service token has a managed name')
    return formatManagedName({ ...managed, stampedAt: 0 })
  }

  #created(answer: unknown, what: string): CreatedCredential {
    const { client_secret, ...token } = parseAnswer(createdServiceTokenSchema, answer, what)
    const values = {
      [CLIENT_ID]: new Secret(token.client_id),
      [CLIENT_SECRET]: this.#options.secrets.register(client_secret)
    }
    return { object: this.#remember(token), values }
  }

  /** The duration is left out: an update that has one counts the validity from that moment. */
  async #update(
    id: string,
    change: {
      readonly name?: string
      readonly enabled?: boolean
      readonly previous_client_secret_expires_at?: string
    }
  ): Promise<void> {
    const current = this.#answers.get(id)
    const answer = await this.#call((sdk, account_id) =>
      sdk.zeroTrust.access.serviceTokens.update(id, {
        account_id,
        name: current?.name ?? '',
        ...change
      })
    )
    this.#remember(parseAnswer(serviceTokenSchema, answer, 'updating a service token'))
  }

  async #delete(id: string): Promise<void> {
    try {
      await this.#call((sdk, account_id) => sdk.zeroTrust.access.serviceTokens.delete(id, { account_id }))
    } catch (thrown) {
      if (!isNotFound(thrown)) throw thrown
    }
  }

  async #read(id: string): Promise<ServiceTokenAnswer> {
    const answer = await this.#call((sdk, account_id) =>
      sdk.zeroTrust.access.serviceTokens.get(id, { account_id })
    )
    return parseAnswer(serviceTokenSchema, answer, 'reading a service token')
  }

  readonly #call: CloudflareCall = (request) => this.#options.account.call(request)

  #remember(answer: ServiceTokenAnswer): CredentialObject {
    this.#answers.set(answer.id, answer)
    return toObject(answer, { now: this.#options.clock.now(), renewable: this.inPlace })
  }
}

function toObject(
  answer: ServiceTokenAnswer,
  { now, renewable }: { readonly now: number; readonly renewable: boolean }
): CredentialObject {
  const madeAt = parseInstant(answer.created_at)
  const managed = readManagedName({ name: answer.name, madeAt, renewable, now })
  const issuedAt = managed?.stampedAt ?? madeAt
  const expiresAt = parseInstant(answer.expires_at)
  const lastUsedAt = parseInstant(answer.last_seen_at)
  const expired = expiresAt !== undefined && expiresAt <= now
  return {
    id: answer.id,
    name: answer.name,
    publicId: answer.client_id,
    status: answer.enabled === false ? 'disabled' : expired ? 'expired' : 'active',
    ...(managed === undefined ? {} : { managed }),
    ...(issuedAt === undefined ? {} : { issuedAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt })
  }
}
