import { MAX_GRACE_MS } from '../../cloudflare/limits.ts'
import { formatInstant } from '../../kernel/clock.ts'
import type { Finding } from '../../rotation/model/finding.ts'
import { formatManagedName, parseManagedName } from '../../rotation/model/managed-name.ts'
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
import { ServiceTokens, type ServiceTokenOptions } from './service-tokens.ts'

/** What a {@link RotatedServiceToken} is built from. */
export interface RotatedServiceTokenOptions extends ServiceTokenOptions {
  /** How long the previous secret remains valid, in milliseconds. */
  readonly graceMs: number
}

/** Access service token with `strategy: rotate`: the same token gets a new secret, and its previous secret remains valid for a grace. */
export class RotatedServiceToken implements CredentialPort {
  readonly type = 'access-service-token'
  readonly identifiesByUse = false
  readonly inPlace = true
  readonly name: string
  readonly fields: readonly FieldSlots[]
  readonly current = 'given'
  readonly probes: readonly Probe[]
  readonly #options: RotatedServiceTokenOptions
  protected readonly tokens: ServiceTokens

  constructor(options: RotatedServiceTokenOptions) {
    this.name = options.name
    this.fields = options.fields
    this.probes = options.probes
    this.#options = options
    this.tokens = new ServiceTokens(options, { renewable: true })
  }

  identify(values: FieldValues): Promise<SlotReading> {
    return this.tokens.identify(values)
  }

  release(): void {
    this.tokens.release()
  }

  list(): Promise<readonly CredentialObject[]> {
    return this.tokens.list()
  }

  async prepare(predecessor: CredentialObject | undefined): Promise<readonly Finding[]> {
    await Promise.resolve()
    this.tokens.requirePredecessor(predecessor)
    return []
  }

  /**
   * Renames the token first: should this run end before the new secret is in place, the next one sees that it must rotate again. A new secret does not
   * extend the token's validity, so it is refreshed too.
   */
  async create({ name, predecessor, now }: CreateRequest): Promise<CreatedCredential> {
    if (predecessor === undefined) throw new TypeError('prepare() was not called')
    const { id, expiresAt } = predecessor
    await this.tokens.update(id, { name })
    if (expiresAt !== undefined) await this.tokens.api.refresh(id)
    return this.tokens.add(await this.tokens.api.rotate(id, now + this.#options.graceMs))
  }

  findByName(name: string): Promise<readonly CredentialObject[]> {
    return this.tokens.findByName(name)
  }

  reread(id: string): Promise<CredentialObject | undefined> {
    return this.tokens.reread(id)
  }

  /** Rules name the token, which stays the same. */
  admit(): Promise<void> {
    return Promise.resolve()
  }

  verify({ object }: CreatedCredential): Promise<CredentialObject> {
    return this.tokens.complete(object)
  }

  requireRemovable(id: string, successors: ReadonlySet<string>): Promise<void> {
    return this.#options.accessPolicies.requireRemovable(id, successors)
  }

  remove(id: string, successors: ReadonlySet<string>): Promise<void> {
    return this.tokens.remove(id, successors)
  }

  /** Keeps the previous secret valid as long as possible, since the newest one is lost. */
  async discard({ object }: Pick<CreatedCredential, 'object'>): Promise<string> {
    const endsAt = this.#options.clock.now() + MAX_GRACE_MS
    await this.tokens.update(object.id, { previousSecretEndsAt: endsAt, name: this.#nameOfLost(object) })
    return `the newest secret of ${object.id} is lost, and the previous one works until ${formatInstant(endsAt)}: the next run rotates before that`
  }

  /** The token stays, and its name says who renewed it last. */
  retire(): Promise<string> {
    return Promise.resolve('its previous secret ends with the grace')
  }

  /** Ends the previous secret. */
  disable(old: CredentialObject): Promise<void> {
    return this.tokens.update(old.id, { previousSecretEndsAt: this.#options.clock.now() - 1_000 })
  }

  /** Makes the previous secret valid again. */
  enable(old: CredentialObject): Promise<void> {
    return this.tokens.update(old.id, { previousSecretEndsAt: this.#options.clock.now() + MAX_GRACE_MS })
  }

  /** The token holds the new secret. */
  removeDisabled(): Promise<void> {
    return Promise.resolve()
  }

  rename(object: CredentialObject, name: string): Promise<void> {
    return this.tokens.update(object.id, { name })
  }

  /** A name of 1970 says that no slot holds the current secret: the next run rotates, whatever the interval. */
  #nameOfLost(object: CredentialObject): string {
    const managed = parseManagedName(this.tokens.get(object.id)?.name) ?? object.managed
    if (managed === undefined) throw new TypeError('A rotated service token has a managed name')
    return formatManagedName({ ...managed, stampedAt: 0 })
  }
}
