import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import {
  Miniflare,
  Response as WorkerdResponse,
  type Request as WorkerdRequest,
  type SecretsStoreSecretAdmin,
  type WorkerOptions
} from 'miniflare'

/** Example Worker and coordinator on the Workers runtime, both with bindings to the secrets of one store. */
export interface WatchedWorkers {
  /** Number of the example's calls to the API. */
  readonly apiCalls: number
  /** Sets the value of a secret that both read from now on. */
  setSecret(name: string, value: string): Promise<void>
  /** Sends one request to the example; returns the status and the text. */
  request(): Promise<{ readonly status: number; readonly text: string }>
  /** Sends a request to the coordinator. */
  askCoordinator(request: Request): Promise<Response>
  dispose(): Promise<void>
}

interface Wrangler {
  readonly main: string
  readonly vars: Record<string, string>
  readonly secrets_store_secrets: readonly {
    readonly binding: string
    readonly store_id: string
    readonly secret_name: string
  }[]
}

const directory = new URL('../examples/consumer-worker/', import.meta.url)
/** Date that the installed runtime supports; neither Worker needs one of its flags. */
const COMPATIBILITY_DATE = '2026-07-01'

interface WatchedOptions {
  /** Answers the example's requests. */
  readonly api: (request: Request) => Promise<Response>
  /** Secrets of the example's store that the coordinator may read. */
  readonly secrets: readonly string[]
  /** Token for the coordinator's route of that name. */
  readonly slotsToken: string
}

/** Bundles `examples/consumer-worker` and the coordinator, and starts them on the store that the example's `wrangler.jsonc` names. */
export async function startWatchedWorkers({
  api,
  secrets,
  slotsToken
}: WatchedOptions): Promise<WatchedWorkers> {
  const wrangler = JSON.parse(await readFile(new URL('wrangler.jsonc', directory), 'utf8')) as Wrangler
  let apiCalls = 0
  const bound = wrangler.secrets_store_secrets
  const [store_id] = bound.map((one) => one.store_id)
  if (store_id === undefined) throw new Error('the example has no binding to a store')
  const consumer: WorkerOptions = {
    ...(await bundle(new URL(wrangler.main, directory))),
    name: 'consumer',
    bindings: wrangler.vars,
    secretsStoreSecrets: Object.fromEntries(
      bound.map(({ binding, store_id, secret_name }) => [binding, { store_id, secret_name }])
    ),
    outboundService: async (request: WorkerdRequest) => {
      apiCalls += 1
      const answer = await api(new Request(request.url, { headers: [...request.headers] }))
      return new WorkerdResponse(await answer.text(), {
        status: answer.status,
        headers: [...answer.headers]
      })
    }
  }
  const coordinator: WorkerOptions = {
    ...(await bundle(new URL('../coordinator/src/index.ts', import.meta.url))),
    name: 'coordinator',
    bindings: { SLOTS: [...secrets], SLOTS_TOKEN: slotsToken },
    secretsStoreSecrets: Object.fromEntries(
      secrets.map((secret_name) => [secret_name, { store_id, secret_name }])
    )
  }
  const miniflare = new Miniflare({
    workers: [consumer, coordinator],
    // The coordinator logs each secret that is not there yet.
    handleRuntimeStdio: (...streams) => streams.forEach((stream) => stream.resume())
  })
  const admins = new Map<string, SecretsStoreSecretAdmin>()
  for (const name of secrets)
    admins.set(name, (await miniflare.getSecretsStoreSecretAPI(name, 'coordinator'))())
  const asked = await miniflare.getWorker('coordinator')
  const ids = new Map<string, string>()
  return {
    get apiCalls() {
      return apiCalls
    },
    async setSecret(name, value) {
      const admin = admins.get(name)
      if (admin === undefined) throw new Error(`the coordinator has no binding to ${name}`)
      const id = ids.get(name)
      if (id === undefined) ids.set(name, await admin.create(value))
      else await admin.update(value, id)
    },
    async request() {
      const response = await miniflare.dispatchFetch('http://consumer.example/')
      return { status: response.status, text: await response.text() }
    },
    async askCoordinator({ url, method, headers, body }) {
      const text = body === null ? null : await new Response(body).text()
      const answer = await asked.fetch(url, { method, headers: [...headers], body: text })
      return new Response(await answer.text(), { status: answer.status, headers: [...answer.headers] })
    },
    dispose: () => miniflare.dispose()
  }
}

async function bundle(entry: URL): Promise<{
  readonly modules: true
  readonly script: string
  readonly compatibilityDate: string
}> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false
  })
  const [output] = outputFiles
  if (output === undefined) throw new Error(`${entry.pathname} could not be bundled`)
  return { modules: true, script: output.text, compatibilityDate: COMPATIBILITY_DATE }
}
