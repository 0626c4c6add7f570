import { describe, expect, it } from '@jest/globals'
import { getPermissionGroup } from '../../sandbox/cloudflare/permission-groups.ts'
import { account_id, createStage, policy, type Envelope } from './stage.ts'

const root = 'https://api.cloudflare.com/client/v4'

describe('Cloudflare authentication', () => {
  it.each([{}, { authorization: 'Bearer' }, { authorization: 'cfat_x' }, { authorization: 'Bearer a b' }])(
    'refuses a call with the headers %j with 400/6003',
    async (headers) => {
      const { sandbox } = createStage()
      const response = await sandbox.fetch(`${root}/accounts/${account_id}/tokens/verify`, { headers })
      const { errors } = (await response.json()) as Envelope
      expect(response.status).toBe(400)
      expect(errors[0]).toMatchObject({ code: 6003, error_chain: [{ code: 6111 }] })
    }
  )

  it('refuses an unknown token with 401/1000, or with 403/9109 when that is set', async () => {
    const { sandbox, call } = createStage()
    const refused = async (target: string) => {
      const { status, body } = await call('cfat_unknown', target)
      return [status, body.errors[0]?.code]
    }
    expect(await refused('/tokens')).toEqual([401, 1000])
    sandbox.cloudflare.invalidTokenAnswer = 'unauthorized'
    expect(await refused('/tokens')).toEqual([403, 9109])
    expect(await refused('/tokens/verify')).toEqual([401, 1000])
  })

  it('refuses a token that lacks the permission with 403/10000', async () => {
    const { account, call } = createStage()
    for (const [value, target] of [
      [account.secretEdit.value, '/tokens'],
      [account.tokenCreation.value, '/secrets_store/stores'],
      [account.secretEdit.value, '/storage/kv/namespaces']
    ] as const) {
      const { status, body } = await call(value, target)
      expect([status, body.errors[0]?.code]).toEqual([403, 10000])
    }
  })

  it('separates read from write permissions, and applies a deny policy before an allow policy', async () => {
    const { account, sandbox, call } = createStage()
    const reader = sandbox.cloudflare.tokens.seed({ name: 'reader', groups: ['Secrets Store Read'] })
    const secrets = `/secrets_store/stores/${account.store.id}/secrets`
    const post = { method: 'POST', json: [{ name: 'A', value: 'v', scopes: ['workers'] }] }
    expect((await call(reader.value, secrets)).status).toBe(200)
    expect((await call(reader.value, secrets, post)).status).toBe(403)
    const { id } = getPermissionGroup('Secrets Store Read')
    reader.policies.push({
      ...policy(id),
      id: 'deny',
      effect: 'deny',
      permission_groups: [{ id, name: 'Secrets Store Read' }]
    })
    expect((await call(reader.value, secrets)).status).toBe(403)
  })

  it('refuses an account token on the user route, for another account and on an unknown route', async () => {
    const { account, sandbox } = createStage()
    const headers = { authorization: `Bearer ${account.tokenCreation.value}` }
    const refused = async (path: string) => {
      const response = await sandbox.fetch(root + path, { headers })
      return [response.status, ((await response.json()) as Envelope).errors[0]?.code]
    }
    expect(await refused('/user/tokens/verify')).toEqual([401, 1000])
    expect(await refused(`/accounts/${'0'.repeat(32)}/tokens`)).toEqual([403, 9109])
    expect(await refused(`/accounts/${'0'.repeat(32)}/tokens/verify`)).toEqual([403, 9109])
    sandbox.cloudflare.foreignAccountAnswer = 'route'
    expect(await refused(`/accounts/${'0'.repeat(32)}/tokens`)).toEqual([404, 7003])
    expect(await refused(`/accounts/${account_id}/nothing`)).toEqual([404, 7003])
  })

  it('refuses a token from outside its IP condition with 403/9109', async () => {
    const { account, sandbox, call } = createStage()
    account.tokenCreation.condition = {
      request_ip: { in: ['192.0.2.0/24', '2001:db8::/32'], not_in: ['192.0.2.1'] }
    }
    const statusFrom = async (ip: string) => {
      sandbox.cloudflare.callerIp = ip
      const { status, body } = await call(account.tokenCreation.value, '/tokens/verify')
      return [status, body.errors[0]?.code]
    }
    expect(await statusFrom('192.0.2.9')).toEqual([200, undefined])
    expect(await statusFrom('2001:db8::1')).toEqual([200, undefined])
    expect(await statusFrom('192.0.2.1')).toEqual([403, 9109])
    expect(await statusFrom('203.0.113.7')).toEqual([403, 9109])
  })

  it('blocks a token for five minutes beyond its rate limit, and returns the calls that are left before', async () => {
    const { account, sandbox, call, clock } = createStage()
    sandbox.cloudflare.rateLimit.requests = 3
    const verify = () => call(account.tokenCreation.value, '/tokens/verify')
    const first = await verify()
    expect(first.headers.get('ratelimit')).toBe('"default";r=2;t=300')
    expect(first.headers.get('ratelimit-policy')).toBe('"default";q=3;w=300')
    await verify()
    clock.advance(299_000)
    expect((await verify()).status).toBe(200)
    const blocked = await verify()
    expect([blocked.status, blocked.body.errors[0]?.code]).toEqual([429, 971])
    expect(blocked.headers.get('retry-after')).toBe('300')
    expect((await call(account.secretEdit.value, '/tokens/verify')).status).toBe(200)
    clock.advance(299_000)
    expect((await verify()).status).toBe(429)
    clock.advance(1000)
    expect((await verify()).status).toBe(200)
  })
})
