import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { LocalCoordinator, TOKENS } from '../../coordinator/local.ts'
import { runJob } from '../../sandbox/runner.ts'
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.ts'
import { seedBootstrapAccount, type BootstrapAccount } from '../../sandbox/seed.ts'
import { serveSandbox, type SandboxServer } from '../../sandbox/server.ts'
import { root } from './stage.ts'

jest.setTimeout(120_000)

const MINUTE = 60_000
const LOCK = '/locks/023e105f4ecef8ad9ca31a8372d0c353.single'
const SECRET = 'PRIMARY_SECRET_EDIT_TOKEN'

/** One token in a single slot: its lock, its end and what consumers see are the coordinator's. */
function configurationFor(url: string): string {
  return `
version: 1
account-id: 023e105f4ecef8ad9ca31a8372d0c353
auth: { tokens: PRIMARY_TOKEN_CREATION_TOKEN, secrets: ${SECRET} }
lock: { type: durable-object, url: '${url}', token: COORDINATOR_TOKEN }
coordinator: { url: '${url}', token: REPORT_TOKEN, slots-token: SLOTS_TOKEN }
rotations:
  - name: single
    credentials:
      - { name: secret-edit, type: account-token, ttl: 24h, secrets: { value: ${SECRET} }, verify: [{ can: secrets }] }
    destinations:
      - { type: secrets-store, store-id: 8f7a1cdced6342c18d223ece462fd88d, seen-by: coordinator }
      - { type: github-secret, repository: octo-org/ops, environment: rotation }
`
}

let sandbox: Sandbox
let account: BootstrapAccount
let server: SandboxServer
let coordinator: LocalCoordinator
/** Requests of the run to the coordinator, in their order, and its writes and deletions at Cloudflare. */
const course: string[] = []

beforeAll(async () => {
  sandbox = createSandbox()
  account = seedBootstrapAccount(sandbox, { withStoredSecrets: true })
  account.run.status = 'completed'
  sandbox.onCall(({ phase, call }) => {
    if (phase === 'before') return
    if (call.method === 'PATCH' && call.path.includes('/secrets_store/')) course.push('write')
    if (call.method === 'DELETE' && call.path.includes('/tokens/')) course.push('delete')
  })
  server = await serveSandbox(sandbox, {
    intercept: (request) =>
      new URL(request.url).pathname.startsWith('/coordinator/') ? forward(request) : undefined
  })
  coordinator = await LocalCoordinator.start({
    sandbox,
    repositories: [account.repository.fullName],
    githubApiUrl: server.githubApiUrl,
    clocked: true,
    slots: { storeId: account.store.id, names: [SECRET] },
    bindings: {
      SCHEDULES: [
        { repository: account.repository.fullName, workflow: 'rotate.yml', ref: 'main', every: '1h' }
      ]
    }
  })
  await showStore()
})
afterAll(async () => {
  await coordinator.stop()
  await server.close()
})

/** Passes a request on. Consumers see a write only once the coordinator was asked about it. */
async function forward(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const path = pathname.replace('/coordinator', '')
  const { method, headers } = request
  const body = method === 'GET' ? null : await request.text()
  const answer = await fetch(coordinator.url + path + search, { method, headers, body })
  course.push(`${method} ${path}`)
  if (path === '/slots') await showStore()
  return Response.json(await answer.json(), { status: answer.status })
}

async function showStore(): Promise<void> {
  const { [SECRET]: value = '' } = sandbox.cloudflare.secretsStores.values(account.store.id)
  await coordinator.show({ [SECRET]: value })
}

describe('built action with the coordinator', () => {
  it('is started on time, locked, seen and reported by the coordinator, which then shows its end and the expiries', async () => {
    const { repository, githubToken, githubSecretsToken, apiToken, environment } = account
    const startedAt = Date.now()
    await coordinator.tick(startedAt)
    const started = repository.runs.filter(({ event }) => event === 'workflow_dispatch')
    expect(started).toHaveLength(1)
    const run = started[0]!
    run.status = 'in_progress'

    const job = await runJob({
      action: root,
      repository: repository.fullName,
      runId: run.id,
      githubApiUrl: server.githubApiUrl,
      githubToken: githubToken.value,
      inputs: {
        config: configurationFor(`${server.origin}/coordinator`),
        'cloudflare-api-url': server.cloudflareApiUrl,
        'github-secrets-token': githubSecretsToken.value
      },
      env: {
        ...TOKENS,
        CLOUDFLARE_API_TOKEN: apiToken.value,
        ...sandbox.github.environmentSecrets(repository.fullName, environment)
      }
    })
    expect(job.main.log).not.toContain('warning:')
    expect(job.main.outputs['outcome']).toBe('rotated')
    for (const token of Object.values(TOKENS)) expect(job.main.log).not.toContain(token)
    expect(course).toEqual([
      `PUT ${LOCK}`,
      `PATCH ${LOCK}`,
      'write',
      // The coordinator still sees the old value, and the run asks again.
      'POST /slots',
      'POST /slots',
      'delete',
      `DELETE ${LOCK}`,
      'POST /report'
    ])

    Object.assign(run, { status: 'completed', conclusion: 'success', updatedAt: Date.now() })
    await coordinator.tick(startedAt + MINUTE)
    const { healthy, schedules } = await coordinator.status()
    expect(healthy).toBe(true)
    expect(schedules).toMatchObject([
      {
        outcome: 'rotated',
        lastWell: expect.any(String) as unknown,
        runs: [{ id: run.id, status: 'completed', conclusion: 'success' }],
        credentials: [{ rotation: 'single', credential: 'secret-edit', secondaryExpiresAt: null }]
      }
    ])
    const { [SECRET]: value = '' } = sandbox.cloudflare.secretsStores.values(account.store.id)
    const token = sandbox.cloudflare.tokens.findByValue(value)
    const [credential] = schedules[0]!.credentials
    expect(Date.parse(credential!.endsAt!)).toBe(token?.expiresOn)
  })
})
