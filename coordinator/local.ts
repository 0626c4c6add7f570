import { generateKeyPairSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Status } from './src/status/status.ts'

/** Fake tokens of a local coordinator, one for each route. */
export const TOKENS = {
  COORDINATOR_TOKEN: 'fake-coordinator-token-0123456789abcdef',
  REPORT_TOKEN: 'fake-report-token-0123456789abcdef',
  SLOTS_TOKEN: 'fake-slots-token-0123456789abcdef',
  STATUS_TOKEN: 'fake-status-token-0123456789abcdef'
} as const

/** Options of a local coordinator. */
export interface LocalOptions {
  readonly sandbox: Sandbox
  /** Repositories that its App is installed on. */
  readonly repositories: readonly string[]
  readonly githubApiUrl: string
  /** Variables and secrets, as in `wrangler.jsonc`. */
  readonly bindings: Readonly<Record<string, unknown>>
  /** Secrets of a store that it binds, and lists as slots. */
  readonly slots?: { readonly storeId: string; readonly names: readonly string[] }
  /** Whether its time is that of the latest tick. */
  readonly clocked?: boolean
  /** A free port by default. */
  readonly port?: number
}

/** The coordinator on the Workers runtime, beside a sandbox. Every value is fake. */
export class LocalCoordinator {
  readonly url: string
  readonly #miniflare: Miniflare
  readonly #values = new Map<string, string>()
  readonly #ids = new Map<string, string>()

  private constructor(url: string, miniflare: Miniflare) {
    this.url = url
    this.#miniflare = miniflare
  }

  /** Bundles and starts it, with a GitHub App of its own in the sandbox. */
  static async start(options: LocalOptions): Promise<LocalCoordinator> {
    const { sandbox, repositories, githubApiUrl, bindings, slots, clocked = false, port = 0 } = options
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const app = sandbox.github.addApp({
      slug: 'octo-clock',
      permissions: { actions: 'write', metadata: 'read' },
      repositories: [...repositories],
      publicKeys: [publicKey.export({ type: 'spki', format: 'pem' }).toString()]
    })
    const miniflare = new Miniflare({
      port,
      modules: true,
      script: await bundle(clocked ? 'clocked-entry.ts' : 'src/index.ts'),
      compatibilityDate: '2026-07-01',
      // Its log would hide what the sandbox and the runs say.
      handleRuntimeStdio: (...streams) => streams.forEach((stream) => stream.resume()),
      durableObjects: {
        LOCKS: { className: 'RotationLock', useSQLite: true },
        CLOCK: { className: clocked ? 'ClockedClock' : 'RotationClock', useSQLite: true }
      },
      bindings: {
        ...TOKENS,
        GITHUB_API_URL: githubApiUrl,
        GITHUB_APP_ID: app.id,
        GITHUB_APP_PRIVATE_KEY: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
        SLOTS: [...(slots?.names ?? [])],
        ...bindings
      },
      secretsStoreSecrets: Object.fromEntries(
        (slots?.names ?? []).map((name) => [name, { store_id: slots?.storeId ?? '', secret_name: name }])
      )
    })
    return new LocalCoordinator(String(await miniflare.ready).replace(/\/$/, ''), miniflare)
  }

  /** Fires the cron trigger. @param at the time of the tick, in milliseconds */
  async tick(at = Date.now()): Promise<void> {
    const worker = await this.#miniflare.getWorker()
    await worker.scheduled({ scheduledTime: new Date(at), cron: '* * * * *' })
  }

  /** Shows it the values of its slots. */
  async show(values: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(values)) {
      if (this.#values.get(name) === value) continue
      this.#values.set(name, value)
      const admin = (await this.#miniflare.getSecretsStoreSecretAPI(name))()
      const id = this.#ids.get(name)
      if (id === undefined) this.#ids.set(name, await admin.create(value))
      else await admin.update(value, id)
    }
  }

  /** Reads `GET /status`. */
  async status(): Promise<Status> {
    const headers = { authorization: `Bearer ${TOKENS.STATUS_TOKEN}` }
    const response = await fetch(`${this.url}/status`, { headers })
    if (!response.ok) throw new Error(`GET /status was answered with ${response.status}`)
    return (await response.json()) as Status
  }

  /** Stops it. */
  async stop(): Promise<void> {
    await this.#miniflare.dispose()
  }
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false
  })
  return outputFiles[0]?.text ?? ''
}
