import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { exportJWK, SignJWT } from 'jose'
import { startStage, TOKENS, type Stage } from './stage.ts'

jest.setTimeout(60_000)

const TEAM = 'https://octo.cloudflareaccess.com'
const AUDIENCE = 'a'.repeat(64)
const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 })

function assertion(
  changes: { iss?: string; aud?: string; exp?: number; key?: KeyObject; kid?: string } = {}
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ email: 'octocat@example.com' })
    .setProtectedHeader({ alg: 'RS256', kid: changes.kid ?? 'team-key' })
    .setIssuer(changes.iss ?? TEAM)
    .setAudience(changes.aud ?? AUDIENCE)
    .setIssuedAt(now - 60)
    .setExpirationTime(changes.exp ?? now + 600)
    .sign(changes.key ?? own.privateKey)
}

/** Headers of a request that Access passed on. */
function passed(token: string): RequestInit {
  return { headers: { 'cf-access-jwt-assertion': token } }
}

let stage: Stage
beforeAll(async () => {
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'team-key', alg: 'RS256', use: 'sig' }
  stage = await startStage({
    bindings: { ACCESS: { team: TEAM, audience: AUDIENCE } },
    runtime: {
      outboundService: (request: Request) =>
        request.url === `${TEAM}/cdn-cgi/access/certs`
          ? Response.json({ keys: [jwk] })
          : fetch(request.url, request)
    }
  })
})
afterAll(async () => {
  await stage.close()
})

describe('status behind Access', () => {
  it('shows the page to a person whom Access let in', async () => {
    const response = await stage.call('/', passed(await assertion()))
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('<h1>Credential rotation</h1>')
    const json = await stage.call('/status', passed(await assertion()))
    expect(await json.json()).toMatchObject({ schedules: [{ workflow: 'rotate.yml' }] })
  })

  it.each([
    ['expired', () => assertion({ exp: Math.floor(Date.now() / 1000) - 60 })],
    ['for another application', () => assertion({ aud: 'b'.repeat(64) })],
    ['of another team', () => assertion({ iss: 'https://other.cloudflareaccess.com' })],
    ['signed by a foreign key', () => assertion({ key: foreign.privateKey })],
    ['signed by an unknown key', () => assertion({ key: foreign.privateKey, kid: 'other' })],
    [
      'unsigned',
      async () => {
        const [, payload] = (await assertion()).split('.')
        return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
      }
    ],
    ['not a token', () => Promise.resolve('x')]
  ])('refuses an assertion that is %s', async (_what, make) => {
    for (const path of ['/', '/status']) {
      const response = await stage.call(path, passed(await make()))
      expect(response.status).toBe(401)
      expect(await response.text()).not.toContain('rotate.yml')
    }
  })

  it('admits nobody to the other routes by an assertion', async () => {
    const headers = { 'cf-access-jwt-assertion': await assertion(), 'content-type': 'application/json' }
    for (const path of ['/report', '/slots']) {
      const response = await stage.call(path, { method: 'POST', headers, body: '{}' })
      await response.body?.cancel()
      expect(response.status).toBe(401)
    }
  })
})

describe('status page', () => {
  const page = async (): Promise<{ response: Response; html: string }> => {
    const basic = Buffer.from(`x:${TOKENS.STATUS_TOKEN}`).toString('base64')
    const response = await stage.call('/', { headers: { authorization: `Basic ${basic}` } })
    return { response, html: await response.text() }
  }

  it('asks browsers for the token as a password', async () => {
    const response = await stage.call('/')
    await response.body?.cancel()
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic /)
  })

  it('shows runs with links, credentials and what is wrong, without scripts', async () => {
    stage.conclude = () => 'failure'
    await stage.pass(120)
    const report = {
      ...{ repository: 'octo-org/ops', workflow: 'rotate.yml', runId: 7, attempt: 1, outcome: 'failed' },
      ...{ endedAt: new Date(stage.now).toISOString(), nextDue: null },
      credentials: [
        {
          rotation: '<script>alert(1)</script>',
          credential: '"&\'',
          slots: { primary: { expiresAt: null }, secondary: null }
        }
      ]
    }
    expect(await stage.post('/report', report, TOKENS.REPORT_TOKEN)).toMatchObject({ status: 200 })
    const { response, html } = await page()
    expect(html).toContain('No run ended well in time: rotate.yml of octo-org/ops')
    expect(html).toMatch(/<a href="https:\/\/github\.com\/octo-org\/ops\/actions\/runs\/\d+"/)
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(html).toContain('&quot;&amp;&#39;')
    expect(html).not.toMatch(/<script|undefined|NaN|\[object/)
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'nonce-/)
  })
})
