import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare, Response as WorkerdResponse, type SecretsStoreSecretAdmin } from 'miniflare'

/** Example Worker on the Workers runtime, with its bindings to the secrets of a store. */
export interface ConsumerWorker {
  /** Names of the secrets that it is bound to. */
  readonly boundSecrets: readonly string[]
  /** Number of its calls to the API. */
  readonly apiCalls: number
  /** Sets the value of a secret that it reads from now on. */
  setSecret(name: string, value: string): Promise<void>
  /** Sends one request to it; returns the status and the text. */
  request(): Promise<{ readonly status: number; readonly text: string }>
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
/** Date that the installed runtime supports; the example needs none of its flags. */
const COMPATIBILITY_DATE = '2026-07-01'

/** Bundles `examples/consumer-worker` and starts it with the bindings of its own `wrangler.jsonc`; its requests go to `api`. */
export async function startConsumerWorker(
  api: (request: Request) => Promise<Response>
): Promise<ConsumerWorker> {
  const wrangler = JSON.parse(await readFile(new URL('wrangler.jsonc', directory), 'utf8')) as Wrangler
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(wrangler.main, directory))],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false
  })
  let apiCalls = 0
  const bindings = wrangler.secrets_store_secrets
  const miniflare = new Miniflare({
    modules: true,
    script: outputFiles[0]!.text,
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: wrangler.vars,
    secretsStoreSecrets: Object.fromEntries(
      bindings.map(({ binding, store_id, secret_name }) => [binding, { store_id, secret_name }])
    ),
    outboundService: async (request) => {
      apiCalls += 1
      const answer = await api(new Request(request.url, { headers: [...request.headers] }))
      return new WorkerdResponse(await answer.text(), {
        status: answer.status,
        headers: [...answer.headers]
      })
    }
  })
  const admins = new Map<string, SecretsStoreSecretAdmin>()
  for (const { binding, secret_name } of bindings)
    admins.set(secret_name, (await miniflare.getSecretsStoreSecretAPI(binding))())
  const ids = new Map<string, string>()
  return {
    boundSecrets: bindings.map(({ secret_name }) => secret_name),
    get apiCalls() {
      return apiCalls
    },
    async setSecret(name, value) {
      const admin = admins.get(name)
      if (admin === undefined) throw new Error(`the Worker has no binding to ${name}`)
      const id = ids.get(name)
      if (id === undefined) ids.set(name, await admin.create(value))
      else await admin.update(value, id)
    },
    async request() {
      const response = await miniflare.dispatchFetch('http://consumer.example/')
      return { status: response.status, text: await response.text() }
    },
    dispose: () => miniflare.dispose()
  }
}
