import type { Deployment } from 'cloudflare/resources/workers/scripts/deployments'
import type { SecretBulkUpdateResponse } from 'cloudflare/resources/workers/scripts/secrets'
import type { VersionListResponse } from 'cloudflare/resources/workers/scripts/versions'
import { isoMicroseconds } from '../clock.ts'
import { CloudflareError, invalidRequest } from './cloudflare-error.ts'
import type { CloudflareContext } from './state.ts'

/** Version of a Worker, which never changes once it exists; times are epoch milliseconds. */
export interface WorkerVersion {
  readonly id: string
  readonly number: number
  readonly createdAt: number
  readonly source: 'api' | 'wrangler' | 'dash'
  /** What made it: `upload` brings new code, `secret` new secrets. */
  readonly trigger: 'upload' | 'secret'
  readonly tags: Readonly<Record<string, string>>
  /** Values by name, which no answer shows. */
  readonly secrets: Readonly<Record<string, string>>
}

/** Versions that serve traffic from a moment on, with their shares in percent. */
export interface WorkerDeployment {
  readonly id: string
  readonly createdAt: number
  readonly versions: readonly { readonly version: WorkerVersion; readonly percentage: number }[]
}

/** Worker with all of its versions and deployments, oldest first. */
export interface WorkerScript {
  readonly name: string
  /** Names of bindings that are not secrets. */
  readonly bindings: Set<string>
  readonly versions: WorkerVersion[]
  readonly deployments: WorkerDeployment[]
}

/** Changes of secrets by name; null deletes one. */
export type SecretChanges = Readonly<Record<string, { readonly text: string } | null>>

/** Limits of Workers: operations in one bulk write, bytes of one value. */
export const workerLimits = { operations: 100, valueBytes: 5_120 } as const

/** Workers of the account. */
export class WorkerScripts {
  /** Whether a bulk write adds its tags to those of the version before, or replaces them; Cloudflare does not say. */
  tags: 'replaced' | 'merged' = 'replaced'
  /** Whether versions show their tags; Cloudflare does not promise it. */
  showsTags = true
  /** Whether a write of secrets is refused while the newest version is not the deployed one; it once deployed that version instead. */
  refusesUndeployed = true
  readonly #context: CloudflareContext
  readonly #scripts = new Map<string, WorkerScript>()

  constructor(context: CloudflareContext) {
    this.#context = context
  }

  get all(): readonly WorkerScript[] {
    return [...this.#scripts.values()]
  }

  /** Adds a Worker with one version; it is deployed unless told otherwise. */
  addScript(
    name: string,
    {
      secrets = {},
      bindings = [],
      deployed = true
    }: { secrets?: Record<string, string>; bindings?: readonly string[]; deployed?: boolean } = {}
  ): WorkerScript {
    const script = { name, bindings: new Set(bindings), versions: [], deployments: [] }
    this.#scripts.set(name, script)
    this.#addVersion(script, { source: 'wrangler', trigger: 'upload', tags: {}, secrets })
    if (deployed) this.deploy(name)
    return script
  }

  find(name: string): WorkerScript | undefined {
    return this.#scripts.get(name)
  }

  get(name: string): WorkerScript {
    const script = this.#scripts.get(name)
    if (script !== undefined) return script
    throw new CloudflareError(404, {
      code: 10007,
      message: 'This Worker does not exist on your account.'
    })
  }

  delete(name: string): void {
    this.#scripts.delete(name)
  }

  /** Uploads a version with new code, as `wrangler versions upload` does: it has the newest version's secrets, and serves nothing. */
  upload(name: string): WorkerVersion {
    const script = this.get(name)
    const { secrets } = newest(script)
    return this.#addVersion(script, { source: 'wrangler', trigger: 'upload', tags: {}, secrets })
  }

  /** Deploys versions by their numbers, with their shares in percent; left out, the newest one alone. */
  deploy(name: string, shares?: Readonly<Record<number, number>>): WorkerDeployment {
    const script = this.get(name)
    const wanted = shares ?? { [newest(script).number]: 100 }
    const versions = Object.entries(wanted).map(([number, percentage]) => {
      const version = script.versions.find((one) => one.number === Number(number))
      if (version === undefined) throw new Error(`${name} has no version ${number}`)
      return { version, percentage }
    })
    const deployment = { id: this.#context.entropy.uuid(), createdAt: this.#context.clock.now(), versions }
    script.deployments.push(deployment)
    return deployment
  }

  /** Sets secrets as someone does in the dashboard: a version without tags of its own, deployed at once. */
  setByHand(name: string, secrets: Readonly<Record<string, string>>): void {
    const script = this.get(name)
    this.#addVersion(script, {
      source: 'dash',
      trigger: 'secret',
      tags: this.tags === 'merged' ? newest(script).tags : {},
      secrets: { ...newest(script).secrets, ...secrets }
    })
    this.deploy(name)
  }

  /** Returns what the Worker's code reads, by name: from the version with the greatest share. */
  values(name: string): Record<string, string> {
    const [first] = [...(this.get(name).deployments.at(-1)?.versions ?? [])].sort(
      (a, b) => b.percentage - a.percentage
    )
    return { ...first?.version.secrets }
  }

  /** Changes secrets in one new version, a copy of the newest one, and deploys it alone. */
  changeSecrets(
    script: WorkerScript,
    changes: SecretChanges,
    tags: Readonly<Record<string, string>>
  ): WorkerVersion {
    const before = newest(script)
    const deployed = script.deployments.at(-1)?.versions ?? []
    const isDeployed = deployed.length === 1 && deployed[0]?.version.id === before.id
    if (!isDeployed && this.refusesUndeployed) {
      throw new CloudflareError(400, {
        code: 10215,
        message:
          "Secret edit failed. You attempted to modify a secret, but the latest version of your Worker isn't currently deployed."
      })
    }
    for (const [name, change] of Object.entries(changes)) {
      if (change !== null && script.bindings.has(name)) {
        throw new CloudflareError(400, { code: 10053, message: `Binding name '${name}' already in use.` })
      }
      if (change === null && before.secrets[name] === undefined)
        throw invalidRequest(`there is no secret ${name}`)
    }
    const secrets = { ...before.secrets }
    for (const [name, change] of Object.entries(changes)) {
      if (change === null) delete secrets[name]
      else secrets[name] = change.text
    }
    const version = this.#addVersion(script, {
      source: 'api',
      trigger: 'secret',
      tags: this.tags === 'merged' ? { ...before.tags, ...tags } : { ...tags },
      secrets
    })
    this.deploy(script.name)
    return version
  }

  presentSecrets(secrets: Readonly<Record<string, string>>): SecretBulkUpdateResponse {
    return Object.fromEntries(
      this.#context.order.shuffled(Object.keys(secrets)).map((name) => [name, { name, type: 'secret_text' }])
    )
  }

  presentVersion({ id, number, createdAt, source, trigger, tags }: WorkerVersion) {
    const created = isoMicroseconds(createdAt)
    const version: VersionListResponse = {
      id,
      number,
      metadata: { created_on: created, modified_on: created, source, author_email: 'someone@example.com' }
    }
    return {
      ...version,
      annotations: { 'workers/triggered_by': trigger, ...(this.showsTags ? tags : {}) }
    }
  }

  presentDeployment({ id, createdAt, versions }: WorkerDeployment): Deployment {
    return {
      id,
      created_on: isoMicroseconds(createdAt),
      source: 'api',
      strategy: 'percentage',
      versions: versions.map(({ version, percentage }) => ({ version_id: version.id, percentage }))
    }
  }

  #addVersion(
    script: WorkerScript,
    parts: Omit<WorkerVersion, 'id' | 'number' | 'createdAt'>
  ): WorkerVersion {
    const { entropy, clock } = this.#context
    const number = script.versions.length + 1
    const version = { id: entropy.uuid(), number, createdAt: clock.now(), ...parts }
    script.versions.push(version)
    return version
  }
}

function newest({ versions }: WorkerScript): WorkerVersion {
  // A Worker has at least the version that it was added with.
  return versions.at(-1) as WorkerVersion
}
