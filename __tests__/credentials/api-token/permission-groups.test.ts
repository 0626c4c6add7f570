import { describe, expect, it } from '@jest/globals'
import { CloudflareAccount } from '../../../src/cloudflare/account.ts'
import { ACCOUNT_TOKENS, USER_TOKENS } from '../../../src/cloudflare/token-routes.ts'
import { resolvePermissions } from '../../../src/credentials/api-token/permission-groups.ts'
import { Secret } from '../../../src/kernel/secret.ts'
import { createStage } from '../../sandbox/stage.ts'

const ACCOUNT = '023e105f4ecef8ad9ca31a8372d0c353'
const BUCKET = { [`com.cloudflare.edge.r2.bucket.${ACCOUNT}_eu_files`]: '*' }

/** The account of a stage, called with its token that creates tokens, or with one of the user. */
function createTarget(owner: 'account' | 'user') {
  const { sandbox, account } = createStage()
  const user = sandbox.cloudflare.userTokens.seed({ name: 'manager', groups: ['API Tokens Write'] })
  const { value } = owner === 'user' ? user : account.tokenCreation
  return {
    routes: owner === 'user' ? USER_TOKENS : ACCOUNT_TOKENS,
    account: new CloudflareAccount({
      accountId: ACCOUNT,
      role: 'tokens',
      apiUrl: 'https://api.cloudflare.com/client/v4',
      fetch: sandbox.fetch,
      candidates: () => [{ name: 'TOKEN', token: new Secret(value) }]
    })
  }
}

describe('the name of a permission group', () => {
  it.each(['account', 'user'] as const)('of a bucket is resolved for a token of the %s', async (owner) => {
    const permission = { groups: ['Workers R2 Storage Bucket Item Write'], resources: BUCKET }
    const { policies } = await resolvePermissions(createTarget(owner), [permission], 'r2')
    expect(policies).toEqual([
      { effect: 'allow', permission_groups: [{ id: '2efd5506f9c8494dacb1fa10a3e7d5b6' }], resources: BUCKET }
    ])
  })

  it('of the account is refused on a bucket, with the scope that it has', async () => {
    const permission = { groups: ['Workers R2 Storage Write'], resources: BUCKET }
    await expect(resolvePermissions(createTarget('account'), [permission], 'r2')).rejects.toThrow(
      'r2: the permission group "Workers R2 Storage Write" does not apply to the resources com.cloudflare.edge.r2.bucket'
    )
  })

  it('of the user is known to user tokens only', async () => {
    const permission = {
      groups: ['API Tokens Read'],
      resources: { 'com.cloudflare.api.user.7c5dae5552338874e5053f2534d2767a': '*' }
    }
    const { policies } = await resolvePermissions(createTarget('user'), [permission], 'one')
    expect(policies[0]?.permission_groups).toHaveLength(1)
    await expect(resolvePermissions(createTarget('account'), [permission], 'one')).rejects.toThrow(
      'one: there is no permission group named "API Tokens Read"'
    )
  })
})
