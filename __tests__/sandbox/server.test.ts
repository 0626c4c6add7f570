import { afterEach, describe, expect, it } from '@jest/globals'
import Cloudflare from 'cloudflare'
import { getOctokit } from '@actions/github'
import { createControl } from '../../sandbox/control.ts'
import { serveSandbox, type SandboxServer } from '../../sandbox/server.ts'
import { createAccessStage } from './access-stage.ts'
import { account_id, createStage, type Stage } from './stage.ts'

const running: SandboxServer[] = []

async function serve(stage: Stage): Promise<SandboxServer> {
  let { sandbox } = stage
  const control = createControl(
    () => sandbox,
    () => (sandbox = createStage().sandbox)
  )
  const server = await serveSandbox(
    { handle: (request) => sandbox.handle(request) },
    { intercept: (request) => (request.url.includes('/_sandbox/') ? control.fetch(request) : undefined) }
  )
  running.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

describe('sandbox on a loopback port', () => {
  it('serves the SDK and octokit, each at its base URL', async () => {
    const stage = createStage()
    const server = await serve(stage)
    const { account } = stage
    const client = new Cloudflare({ apiToken: account.tokenCreation.value, baseURL: server.cloudflareApiUrl })
    expect(await client.accounts.tokens.verify({ account_id })).toMatchObject({
      id: account.tokenCreation.id
    })
    const octokit = getOctokit(account.githubToken.value, { baseUrl: server.githubApiUrl })
    for (let index = 0; index < 3; index += 1) account.repository.addIssue({ title: 'x', author: 'octocat' })
    const repo = { owner: 'octo-org', repo: 'ops' }
    expect(await octokit.paginate(octokit.rest.issues.listForRepo, { ...repo, per_page: 1 })).toHaveLength(3)
  })

  it('accepts a KV write as the SDK sends it over a connection', async () => {
    const stage = createStage()
    const { cloudflareApiUrl } = await serve(stage)
    const client = new Cloudflare({ apiToken: stage.account.apiToken.value, baseURL: cloudflareApiUrl })
    const at = { account_id, namespace_id: stage.account.namespace.id }
    await client.kv.namespaces.values.update('a b', { ...at, value: 'v', metadata: '{"run":1}' })
    expect(stage.account.namespace.current('a b')).toMatchObject({ value: 'v', metadata: { run: 1 } })
  })

  it('breaks the connection of a dropped call, before or after it is applied', async () => {
    const stage = createStage()
    const { cloudflareApiUrl } = await serve(stage)
    const { sandbox, account } = stage
    const headers = { authorization: `Bearer ${account.tokenCreation.value}` }
    for (const when of ['before', 'after'] as const) {
      sandbox.faults.add({ match: {}, when, answer: 'drop' })
      const verify = () => fetch(`${cloudflareApiUrl}/accounts/${account_id}/tokens/verify`, { headers })
      await expect(verify()).rejects.toThrow('fetch failed')
      expect(sandbox.transcript.calls.at(-1)).toMatchObject({ status: 'dropped', applied: when === 'after' })
      expect((await verify()).status).toBe(200)
    }
  })

  it('keeps a hanging call open until its client aborts or the server closes', async () => {
    const stage = createStage()
    const server = await serve(stage)
    const { sandbox, account } = stage
    sandbox.faults.add({ match: { count: Infinity }, when: 'after', answer: 'hang' })
    let arrive = (): void => {}
    sandbox.onCall(({ phase }) => {
      if (phase === 'after') arrive()
    })
    const hang = async (signal?: AbortSignal) => {
      const arrived = new Promise<void>((resolve) => (arrive = resolve))
      const headers = { authorization: `Bearer ${account.tokenCreation.value}` }
      const target = `${server.cloudflareApiUrl}/accounts/${account_id}/tokens`
      const ended = fetch(target, signal === undefined ? { headers } : { headers, signal }).then(
        () => 'answered',
        (error: Error) => error.name
      )
      await arrived
      return { ended }
    }
    const controller = new AbortController()
    const aborted = await hang(controller.signal)
    controller.abort()
    expect(await aborted.ended).toBe('AbortError')
    const left = await hang()
    await server.close()
    expect(await left.ended).toBe('TypeError')
  })

  it('shows state and transcript, injects faults and resets through /_sandbox', async () => {
    const stage = createAccessStage()
    const { origin, githubApiUrl } = await serve(stage)
    const control = (path: string, init?: RequestInit) => fetch(`${origin}/_sandbox/${path}`, init)
    const body = JSON.stringify({ match: { api: 'github', count: 5 }, answer: { status: 500 } })
    expect((await control('faults', { method: 'POST', body })).status).toBe(201)
    expect((await control('faults', { method: 'POST', body: '{"answer":"nothing"}' })).status).toBe(400)
    expect((await fetch(`${githubApiUrl}/rate_limit`)).status).toBe(500)
    expect((await control('faults', { method: 'DELETE' })).status).toBe(204)
    expect((await fetch(`${githubApiUrl}/rate_limit`)).status).toBe(401)
    expect(await (await control('transcript')).json()).toHaveLength(2)
    const state = await (await control('state')).text()
    expect(JSON.parse(state)).toMatchObject({
      cloudflare: { access: { serviceTokens: [{ name: 'r2-explorer', status: 'enabled' }] } },
      github: [
        {
          environments: {
            rotation: { PRIMARY_SECRET_EDIT_TOKEN: 'secret edit (made by hand)' },
            automation: {
              R2_EXPLORER_ACCESS_CLIENT_ID: stage.pair.clientId,
              R2_EXPLORER_ACCESS_CLIENT_SECRET: 'r2-explorer (client secret)'
            }
          }
        }
      ]
    })
    expect(state).not.toContain('cfat_')
    expect(state).not.toContain('cfast_')
    await control('reset', { method: 'POST' })
    expect(await (await control('transcript')).json()).toEqual([])
    expect((await fetch(origin)).status).toBe(404)
  })
})
