import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { createVirtualClock, type VirtualClock } from '../../sandbox/clock.ts'
import type { GithubApp } from '../../sandbox/github/state.ts'
import type { Repository } from '../../sandbox/github/repository.ts'
import type { WorkflowRun } from '../../sandbox/github/repository-parts.ts'
import { seededRandom } from '../../sandbox/random.ts'
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.ts'
import { serveSandbox } from '../../sandbox/server.ts'
import { createAppKey } from '../sandbox/app-key.ts'

/** Fake tokens of the coordinator, one for each route. */
export const TOKENS = {
  COORDINATOR_TOKEN: 'fake-lock-token-0123456789abcdefghij',
  REPORT_TOKEN: 'fake-report-token-0123456789abcdefgh',
  SLOTS_TOKEN: 'fake-slots-token-0123456789abcdefghi',
  STATUS_TOKEN: 'fake-status-token-0123456789abcdefgh'
} as const

export const HOURLY = {
  repository: 'octo-org/ops',
  workflow: 'rotate.yml',
  ref: 'main',
  every: '1h'
} as const

/** Message that the webhook got, in the format `json`. */
export interface Sent {
  readonly state: 'raised' | 'recovered'
  readonly cause: string
  readonly title: string
  readonly at: number
}

const MINUTE = 60_000
const key = createAppKey()
let script: Promise<string> | undefined

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../coordinator/clocked-entry.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false
  })
  return outputFiles[0]!.text
}

/** Options of a stage. */
export interface StageOptions {
  /** Variables and secrets instead of the usual ones; undefined leaves one out. */
  readonly bindings?: Readonly<Record<string, unknown>>
  /** More options of Miniflare. */
  readonly runtime?: Readonly<Record<string, unknown>>
  /** Directory that the objects are kept in, so that they survive a restart. */
  readonly persist?: string
  /** Stands between the coordinator and the simulated GitHub. */
  readonly wrap?: (handle: Sandbox['handle']) => Sandbox['handle']
  /** How a run ends; it takes three minutes. Undefined: it never does. */
  readonly conclude?: (run: WorkflowRun) => string | undefined
}

/** The real coordinator on the Workers runtime, with a simulated GitHub and a webhook on loopback ports. */
export class Stage {
  readonly sandbox: Sandbox
  readonly clock: VirtualClock
  readonly repository: Repository
  readonly app: GithubApp
  readonly sent: Sent[] = []
  /** Answers of the webhook before it works: statuses. */
  readonly webhookFailures: number[] = []
  conclude: (run: WorkflowRun) => string | undefined
  url = ''
  /** Everything that the Worker wrote to its log. */
  log = ''
  readonly #options: StageOptions
  #miniflare: Miniflare | undefined
  #server: Awaited<ReturnType<typeof serveSandbox>> | undefined

  constructor(options: StageOptions) {
    this.#options = options
    this.conclude = options.conclude ?? (() => 'success')
    this.clock = createVirtualClock(Date.UTC(2026, 0, 1, 9, 30))
    this.sandbox = createSandbox({ clock: this.clock, random: seededRandom(3) })
    this.repository = this.sandbox.github.addRepository('octo-org/ops')
    this.app = this.sandbox.github.addApp({
      slug: 'octo-clock',
      permissions: { actions: 'write', metadata: 'read' },
      repositories: ['octo-org/ops', 'octo-org/web'],
      publicKeys: [key.publicKey]
    })
  }

  get now(): number {
    return this.clock.now()
  }

  /** Runs that the clock started. */
  get started(): readonly WorkflowRun[] {
    return this.repository.runs.filter(({ event }) => event === 'workflow_dispatch')
  }

  /** Starts the coordinator, or restarts it with its objects as they were. */
  async start(): Promise<void> {
    await this.#miniflare?.dispose()
    const { persist, bindings = {}, runtime = {}, wrap = (handle) => handle } = this.#options
    this.#server ??= await serveSandbox(
      { handle: wrap(this.sandbox.handle) },
      { intercept: (request) => this.#receive(request) }
    )
    const all = {
      ...TOKENS,
      SCHEDULES: [HOURLY],
      ALERTS: { webhook: { format: 'json' } },
      ALERT_WEBHOOK_URL: `${this.#server.origin}/hook`,
      GITHUB_API_URL: this.#server.githubApiUrl,
      GITHUB_APP_ID: this.app.id,
      GITHUB_APP_PRIVATE_KEY: key.pkcs1,
      ...bindings
    }
    this.#miniflare = new Miniflare({
      modules: true,
      script: await (script ??= bundle()),
      compatibilityDate: '2026-07-01',
      handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
        for (const stream of [stdout, stderr])
          stream.on('data', (data: Buffer) => {
            this.log += data.toString()
          })
      },
      durableObjects: {
        LOCKS: { className: 'RotationLock', useSQLite: true },
        CLOCK: { className: 'ClockedClock', useSQLite: true }
      },
      bindings: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
      ...(persist === undefined ? {} : { durableObjectsPersist: persist }),
      ...runtime
    })
    this.url = String(await this.#miniflare.ready).replace(/\/$/, '')
  }

  get miniflare(): Miniflare {
    if (this.#miniflare === undefined) throw new Error('The stage has not been started')
    return this.#miniflare
  }

  /** Loses the object's memory of what is in progress, not what is on disk. */
  async abortObject(): Promise<void> {
    await (await fetch(`${this.url}/test/abort`, { method: 'POST' })).body?.cancel()
  }

  /** Lets minutes pass, with a tick of the cron trigger in each. */
  async pass(
    minutes: number,
    each: (minute: number) => Promise<void> | void = () => undefined
  ): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      this.clock.advance(MINUTE)
      this.#progress()
      await each(minute)
      await this.tick()
    }
  }

  /** Fires the cron trigger now. */
  async tick(): Promise<void> {
    const worker = await this.miniflare.getWorker()
    await worker.scheduled({ scheduledTime: new Date(this.now), cron: '* * * * *' })
  }

  /** Sends a request to the coordinator. */
  async call(path: string, init: RequestInit & { token?: string } = {}): Promise<Response> {
    const { token, headers, ...rest } = init
    const all = new Headers(headers)
    all.set('x-test-now', String(this.now))
    if (token !== undefined) all.set('authorization', `Bearer ${token}`)
    return await fetch(this.url + path, { ...rest, headers: all })
  }

  /** Posts JSON. */
  async post(path: string, body: unknown, token?: string): Promise<{ status: number; body: unknown }> {
    const response = await this.call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(token === undefined ? {} : { token })
    })
    return { status: response.status, body: await response.json() }
  }

  async close(): Promise<void> {
    await this.#miniflare?.dispose()
    await this.#server?.close()
  }

  #progress(): void {
    for (const run of this.sandbox.github.repositories.flatMap(({ runs }) => runs)) {
      if (run.status === 'queued') run.status = 'in_progress'
      if (run.status !== 'in_progress' || this.now - run.createdAt < 3 * MINUTE) continue
      const conclusion = this.conclude(run)
      if (conclusion === undefined) continue
      Object.assign(run, { status: 'completed', conclusion, updatedAt: this.now })
    }
  }

  #receive(request: Request): Promise<Response> | undefined {
    if (new URL(request.url).pathname !== '/hook') return undefined
    return this.#keep(request)
  }

  async #keep(request: Request): Promise<Response> {
    const body = (await request.json()) as Sent
    const status = this.webhookFailures.shift()
    if (status !== undefined) return new Response(null, { status })
    this.sent.push({ ...body, at: this.now })
    return new Response(null, { status: 204 })
  }
}

/** Starts a stage. */
export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const stage = new Stage(options)
  await stage.start()
  return stage
}
