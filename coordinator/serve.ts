/**
 * `npm run coordinator`: the coordinator on the Workers runtime, beside the sandbox. It ticks every minute. A run of the simulated GitHub ends well
 * after half a minute. Every value is fake.
 */
import { createControl } from '../sandbox/control.ts'
import { createSandbox } from '../sandbox/sandbox.ts'
import { seedBootstrapAccount } from '../sandbox/seed.ts'
import { serveSandbox } from '../sandbox/server.ts'
import { LocalCoordinator, TOKENS } from './local.ts'

const SECOND = 1000

const sandbox = createSandbox()
const { repository } = seedBootstrapAccount(sandbox)
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
const coordinator = await LocalCoordinator.start({
  sandbox,
  repositories: [repository.fullName],
  githubApiUrl: server.githubApiUrl,
  port: Number(process.env['COORDINATOR_PORT'] ?? 8788),
  bindings: {
    SCHEDULES: [
      { repository: repository.fullName, workflow: 'rotate.yml', ref: 'main', every: '5m', slack: '2m' }
    ],
    ALERTS: { webhook: { format: 'json' } },
    ALERT_WEBHOOK_URL: `${server.origin}/hook`
  }
})
const { url } = coordinator
console.log(`The coordinator listens at ${url}, and the sandbox at ${server.origin}.

  open ${url}                         # password: ${TOKENS.STATUS_TOKEN}
  curl -H 'Authorization: Bearer ${TOKENS.STATUS_TOKEN}' ${url}/status
  curl -d '{"match": {"api": "github", "count": 1000}, "answer": {"status": 503}}' ${server.origin}/_sandbox/faults
  curl -X DELETE ${server.origin}/_sandbox/faults
`)

await coordinator.tick()
const timers = [setInterval(() => void coordinator.tick(), 60 * SECOND), setInterval(endRuns, 5 * SECOND)]
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close())

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
  await coordinator.stop()
  await server.close()
}
