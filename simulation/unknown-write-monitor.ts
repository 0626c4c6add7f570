import type { GithubState } from '../sandbox/github/state.ts'
import type { SecretApp } from '../sandbox/github/repository.ts'
import type { SecretVault } from '../sandbox/github/secret-vault.ts'
import type { Call } from '../sandbox/transcript.ts'
import { findKeyOwner } from '../sandbox/r2/key.ts'
import { openFakeSeal } from './fake-sealing.ts'
import type { Violation } from './invariants.ts'
import type { Outgoing } from './process.ts'
import type { World } from './world.ts'

/** Faults with a status below 500 whose answers are inconclusive too. */
const INCONCLUSIVE = /^(garbage|success-false)/

/**
 * Monitor of I7: while it is unknown what a slot holds, nothing that it may hold is deleted, disabled or ended. A slot is unknown from a write with
 * an inconclusive answer (lost, hung, a server error, garbage) until a later write to it is answered, or until the same run reads a whole list of its
 * destination.
 */
export class UnknownWriteMonitor {
  readonly violations: Violation[] = []
  readonly #world: World
  /** What each slot may hold, as ids of objects and values of secrets. */
  readonly #unknown = new Map<string, ReadonlySet<string>>()
  /** What was unknown before each write in progress, by slot. */
  readonly #writes = new Map<number, ReadonlyMap<string, ReadonlySet<string> | undefined>>()

  constructor(world: World) {
    this.#world = world
  }

  /** Call this when the run sends a call, with its number in the run. */
  send(call: Outgoing): void {
    const url = new URL(call.url)
    if (call.method !== 'GET') this.#classify(call, url.pathname)
    const writes = this.#readWrites(call, url.pathname)
    if (writes.size === 0) return
    this.#writes.set(call.index, new Map([...writes.keys()].map((slot) => [slot, this.#unknown.get(slot)])))
    // While the write is in progress, its result is unknown too.
    for (const [slot, ids] of writes) this.#unknown.set(slot, ids.union(this.#unknown.get(slot) ?? new Set()))
  }

  /** Call this when a call of the run was answered, or failed. */
  answered(index: number, call: Call): void {
    const writes = this.#writes.get(index)
    this.#writes.delete(index)
    if (typeof call.status !== 'number' || call.status >= 500 || INCONCLUSIVE.test(call.fault ?? '')) return
    for (const [slot, before] of writes ?? []) {
      if (call.status >= 400 && before !== undefined) this.#unknown.set(slot, before)
      else this.#unknown.delete(slot)
    }
    if (call.method === 'GET' && call.status < 300) this.#settle(call.path)
  }

  #settle(path: string): void {
    const list =
      /^(\/accounts\/[^/]+\/secrets_store\/stores\/[^/]+\/secrets|\/repos\/.+\/secrets)(\?|$)/.exec(
        path
      )?.[1] ??
      /^(\/accounts\/[^/]+\/workers\/scripts\/[^/]+)\/versions(\?|$)/.exec(path)?.[1] ??
      /^(\/accounts\/[^/]+\/pages\/projects\/[^/]+)$/.exec(path)?.[1]
    if (list === undefined) return
    const open = [...this.#writes.values()].flatMap((slots) => [...slots.keys()])
    for (const slot of this.#unknown.keys())
      if (slot.startsWith(`${list}/`) && !open.includes(slot)) this.#unknown.delete(slot)
  }

  #classify(call: Outgoing, path: string): void {
    const ended = this.#findEnded(call, path)
    for (const [slot, ids] of this.#unknown) {
      if (ended === undefined || !ids.has(ended)) continue
      const what = `I7: ${call.method} ${path} was sent although ${slot} may hold that and no one had read it back`
      this.violations.push({ invariant: 'I7', what })
    }
  }

  /** Finds what a call revokes: an id, or the value of a secret that ends while its object remains. */
  #findEnded({ method, body }: Outgoing, path: string): string | undefined {
    const id = /\/(?:access\/service_tokens|tokens)\/([^/]+)$/.exec(path)?.[1]
    if (id === undefined) return undefined
    if (method === 'DELETE') return id
    const change = parse(body) as {
      enabled?: boolean
      status?: string
      previous_client_secret_expires_at?: string
    }
    if (change.enabled === false || change.status === 'disabled') return id
    const end = Date.parse(change.previous_client_secret_expires_at ?? '')
    if (!(end <= this.#world.clock.now())) return undefined
    const token = this.#world.sandbox.cloudflare.access.serviceTokens.all.find((one) => one.id === id)
    return token?.secrets.values.at(-2)
  }

  #readWrites({ method, body }: Outgoing, path: string): ReadonlyMap<string, ReadonlySet<string>> {
    const { cloudflare, github } = this.#world.sandbox
    const stored = /(\/accounts\/[^/]+\/secrets_store\/stores\/([^/]+)\/secrets)(?:\/([^/]+))?$/.exec(path)
    if (stored !== null && (method === 'POST' || method === 'PATCH')) {
      const [, list = '', storeId = '', secretId] = stored
      const store = cloudflare.secretsStores.getStore(storeId)
      const now = cloudflare.secretsStores.values(storeId)
      const items =
        secretId === undefined
          ? (parse(body) as { name: string; value: string }[])
          : [{ ...(parse(body) as { value: string }), name: store.secrets.get(secretId)?.name ?? '' }]
      return new Map(
        items.map(({ name, value }) => [`${list}/${name}`, this.#namesOf([value, now[name]])] as const)
      )
    }
    const bulk = /(\/accounts\/[^/]+\/workers\/scripts\/([^/]+))\/secrets-bulk$/.exec(path)
    if (bulk !== null) {
      const [, script = '', name = ''] = bulk
      const now = cloudflare.workers.find(name) === undefined ? {} : cloudflare.workers.values(name)
      const { secrets } = parse(body) as { secrets: Record<string, { text: string }> }
      return new Map(
        Object.entries(secrets).map(
          ([secret, { text }]) => [`${script}/${secret}`, this.#namesOf([text, now[secret]])] as const
        )
      )
    }
    const edited = /(\/accounts\/[^/]+\/pages\/projects\/([^/]+))$/.exec(path)
    if (edited !== null && method === 'PATCH') {
      const [, project = '', name = ''] = edited
      const { deployment_configs } = parse(body) as {
        deployment_configs: { production: { env_vars: Record<string, { type: string; value: string }> } }
      }
      const now = cloudflare.pages.values(name)
      return new Map(
        Object.entries(deployment_configs.production.env_vars)
          .filter(([, { type }]) => type === 'secret_text')
          .map(
            ([secret, { value }]) => [`${project}/${secret}`, this.#namesOf([value, now[secret]])] as const
          )
      )
    }
    const [, list = '', name = ''] = /^(\/.*\/secrets)\/([^/]+)$/.exec(path) ?? []
    const vault = method === 'PUT' ? findVault(github, list) : undefined
    if (vault === undefined) return new Map()
    const { encrypted_value } = parse(body) as { encrypted_value: string }
    const value = openFakeSeal(encrypted_value, vault.publicKey.key)
    return new Map([[`${list}/${name}`, this.#namesOf([value, vault.find(name)?.value])]])
  }

  /** Lists the ids of the objects that values belong to, and the values themselves. */
  #namesOf(values: readonly (string | undefined)[]): ReadonlySet<string> {
    const { cloudflare } = this.#world.sandbox
    const { access } = cloudflare
    const { serviceTokens } = access
    return new Set(
      values.flatMap((value) => {
        if (value === undefined) return []
        const owner =
          findKeyOwner(cloudflare, value) ??
          cloudflare.findToken(value) ??
          serviceTokens.findBySecret(value) ??
          serviceTokens.findByClientId(value)
        return owner === undefined ? [value] : [value, owner.id]
      })
    )
  }
}

/** The vault of GitHub whose list has that path. */
function findVault(github: GithubState, list: string): SecretVault | undefined {
  const environment = /^\/repos\/([^/]+\/[^/]+)\/environments\/([^/]+)\/secrets$/.exec(list)
  if (environment !== null) {
    const [, fullName = '', name = ''] = environment
    return github.repository(fullName).environment(decodeURIComponent(name))
  }
  const other = /^\/(repos|orgs)\/(.+)\/(actions|dependabot|codespaces)\/secrets$/.exec(list)
  if (other === null) return undefined
  const [, of, name = '', store] = other
  const { secrets } = of === 'orgs' ? github.organization(name) : github.repository(name)
  return secrets[store as SecretApp]
}

function parse(body: unknown): object {
  return typeof body === 'string' ? (JSON.parse(body) as object) : {}
}
