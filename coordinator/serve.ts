/**
 * `npm run coordinator`: the coordinator on the Workers runtime, beside the sandbox. It ticks every minute. A run of the simulated GitHub ends well
 * after half a minute. Every value is fake.
 */
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { createControl } from '../sandbox/control.ts'
import { createSandbox } from '../sandbox/sandbox.ts'
import { seedBootstrapAccount } from '../sandbox/seed.ts'
import { serveSandbox } from '../sandbox/server.ts'

const TOKENS = Object.fromEntries(
  ['COORDINATOR', 'REPORT', 'SLOTS', 'STATUS'].map((name) => [
    `${name}_TOKEN`,
    `fake-${name.toLowerCase()}-token-0123456789abcdef`
  ])
)
const SECOND = 1000

const sandbox = createSandbox()
const { repository } = seedBootstrapAccount(sandbox)
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const app = sandbox.github.addApp({
  slug: 'octo-clock',
  permissions: { actions: 'write', metadata: 'read' },
  repositories: [repository.fullName],
  publicKeys: [publicKey.export({ type: 'spki', format: 'pem' }).toString()]
})
const control = createControl(
  () => sandbox,
  () => undefined
)
const server = await serveSandbox(sandbox, {
  port: Number(process.env['PORT'] ?? 8787),
  intercept: (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/hook') return showAlert(request)
    return pathname.startsWith('/_sandbox/') ? control.fetch(request) : undefined
  }
})
const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, 'src/index.ts')],
  bundle: true,
  format: 'esm',
  target: 'es2022',
  write: false
})
const miniflare = new Miniflare({
  port: Number(process.env['COORDINATOR_PORT'] ?? 8788),
  modules: true,
  script: outputFiles[0]?.text ?? '',
  compatibilityDate: '2026-07-01',
  durableObjects: {
    LOCKS: { className: 'RotationLock', useSQLite: true },
    CLOCK: { className: 'RotationClock', useSQLite: true }
  },
  bindings: {
    ...TOKENS,
    SCHEDULES: [
      { repository: repository.fullName, workflow: 'rotate.yml', ref: 'main', every: '5m', slack: '2m' }
    ],
    ALERTS: { webhook: { format: 'json' } },
    ALERT_WEBHOOK_URL: `${server.origin}/hook`,
    GITHUB_API_URL: server.githubApiUrl,
    GITHUB_APP_ID: app.id,
    GITHUB_APP_PRIVATE_KEY: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  }
})
const url = String(await miniflare.ready).replace(/\/$/, '')
console.log(`The coordinator listens at ${url}, and the sandbox at ${server.origin}.

  open ${url}                         # password: ${TOKENS['STATUS_TOKEN']}
  curl -H 'Authorization: Bearer ${TOKENS['STATUS_TOKEN']}' ${url}/status
  curl -d '{"match": {"api": "github", "count": 1000}, "answer": {"status": 503}}' ${server.origin}/_sandbox/faults
  curl -X DELETE ${server.origin}/_sandbox/faults
`)

await tick()
const timers = [setInterval(() => void tick(), 60 * SECOND), setInterval(endRuns, 5 * SECOND)]
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close())

async function tick(): Promise<void> {
  const worker = await miniflare.getWorker()
  await worker.scheduled({ scheduledTime: new Date(), cron: '* * * * *' })
}

function endRuns(): void {
  const now = Date.now()
  for (const run of repository.runs) {
    if (run.status === 'queued') run.status = 'in_progress'
    if (run.status === 'in_progress' && now - run.createdAt > 30 * SECOND)
      Object.assign(run, { status: 'completed', conclusion: 'success', updatedAt: now })
  }
}

async function showAlert(request: Request): Promise<Response> {
  console.log(`Alert: ${await request.text()}`)
  return new Response(null, { status: 204 })
}

async function close(): Promise<void> {
  for (const timer of timers) clearInterval(timer)
  await miniflare.dispose()
  await server.close()
}
