import { MAX_SERVICE_TOKENS } from '../../cloudflare/limits.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
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
import { findLimit } from '../limit.ts'
import { ServiceTokens, type ServiceTokenOptions } from './service-tokens.ts'

/** What an {@link AccessServiceToken} is built from. */
export interface AccessServiceTokenOptions extends ServiceTokenOptions {
  readonly current: CredentialPort['current']
  /** Id of the token that the first rotation takes over, where the current values are unknown. */
  readonly adopt?: string
  /** Validity of a new token as Cloudflare takes it, e.g. `8760h`; left out, that of the current one. */
  readonly duration?: string
  /** How many of its kind the rotation creates at once. */
  readonly headroom: number
  /** Reads the Access rules, once a run. */
  readonly rules: () => Promise<unknown>
}

/** Access service token with `strategy: replace`: a new token is created and admitted by every rule that admits the old one. */
export class AccessServiceToken implements CredentialPort {
  readonly type = 'access-service-token'
  readonly identifiesByUse = false
  readonly inPlace = false
  readonly name: string
  readonly fields: readonly FieldSlots[]
  readonly current: CredentialPort['current']
  readonly adopt?: string
  readonly probes: readonly Probe[]
  readonly #options: AccessServiceTokenOptions
  readonly #tokens: ServiceTokens

  constructor(options: AccessServiceTokenOptions) {
    this.name = options.name
    this.fields = options.fields
    this.current = options.current
    if (options.adopt !== undefined) this.adopt = options.adopt
    this.probes = options.probes
    this.#options = options
    this.#tokens = new ServiceTokens(options, { renewable: false })
  }

  identify(values: FieldValues): Promise<SlotReading> {
    return this.#tokens.identify(values)
  }

  /** Reads the rules at the same time, so that a rotation need not wait for them. */
  release(): void {
    this.#tokens.release()
  }

  async list(): Promise<readonly CredentialObject[]> {
    const [objects] = await allOrFirstError([this.#tokens.list(), this.#options.rules()])
    return objects
  }

  async prepare(predecessor: CredentialObject | undefined): Promise<readonly Finding[]> {
    const { id } = this.#tokens.requirePredecessor(predecessor, this.current)
    const { headroom: added, accessPolicies, tokens } = this.#options
    const { length: count } = await tokens()
    await accessPolicies.prepare(id)
    return findLimit(this.name, { count, added, limit: MAX_SERVICE_TOKENS, what: 'service tokens' })
  }

  async create({ name, predecessor }: CreateRequest): Promise<CreatedCredential> {
    const inherited = predecessor === undefined ? undefined : this.#tokens.get(predecessor.id)?.duration
    return this.#tokens.add(await this.#tokens.api.create(name, this.#options.duration ?? inherited))
  }

  findByName(name: string): Promise<readonly CredentialObject[]> {
    return this.#tokens.findByName(name)
  }

  reread(id: string): Promise<CredentialObject | undefined> {
    return this.#tokens.reread(id)
  }

  async admit({ object }: CreatedCredential): Promise<void> {
    await this.#options.accessPolicies.admit(object.id)
  }

  verify({ object }: CreatedCredential): Promise<CredentialObject> {
    return this.#tokens.complete(object)
  }

  requireRemovable(id: string, successors: ReadonlySet<string>): Promise<void> {
    return this.#options.accessPolicies.requireRemovable(id, successors)
  }

  remove(id: string, successors: ReadonlySet<string>): Promise<void> {
    return this.#tokens.remove(id, successors)
  }

  async discard({ object }: Pick<CreatedCredential, 'object'>): Promise<undefined> {
    await this.#options.accessPolicies.removeFromPolicies(object.id)
    await this.#tokens.api.delete(object.id)
    return undefined
  }

  async retire(old: CredentialObject, retiredName: string): Promise<undefined> {
    await this.rename(old, retiredName)
  }

  disable(old: CredentialObject, retiredName: string): Promise<void> {
    return this.#tokens.update(old.id, { enabled: false, name: retiredName })
  }

  async enable(old: CredentialObject, name: string): Promise<void> {
    await this.#tokens.update(old.id, { enabled: true, name })
    await this.#options.accessPolicies.restore(old.id)
  }

  removeDisabled(id: string, successors: ReadonlySet<string>): Promise<void> {
    return this.remove(id, successors)
  }

  rename(object: CredentialObject, name: string): Promise<void> {
    return this.#tokens.update(object.id, { name })
  }
}
