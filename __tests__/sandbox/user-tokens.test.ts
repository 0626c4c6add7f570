import { describe, expect, it } from '@jest/globals'
import { createStage } from './stage.ts'

/** A stage with a user token that may manage user tokens. */
function createUserStage() {
  const stage = createStage()
  const { userTokens } = stage.sandbox.cloudflare
  const manager = userTokens.seed({ name: 'manager', groups: ['API Tokens Write'] })
  return { ...stage, userTokens, manager, user: stage.sdk(manager.value) }
}

const policies = [
  {
    effect: 'allow' as const,
    permission_groups: [{ id: '1a71c399035b4950a1bd1466bbe4f420' }],
    resources: { 'com.cloudflare.api.account.023e105f4ecef8ad9ca31a8372d0c353': '*' }
  }
]

describe('user tokens', () => {
  it('are created, read, renamed, disabled and deleted by a token of the user', async () => {
    const { user, sdk, userTokens } = createUserStage()
    const { id = '', value = '' } = await user.user.tokens.create({ name: 'one', policies })
    expect(value).toMatch(/^cfut_/)
    expect(await sdk(value).user.tokens.verify()).toMatchObject({ id, status: 'active' })
    expect((await user.user.tokens.get(id)).name).toBe('one')
    await user.user.tokens.update(id, { name: 'two', policies, status: 'disabled' })
    expect(
      (await user.user.tokens.list()).result.map(({ name, status }) => `${name} ${status}`).sort()
    ).toEqual(['manager active', 'two disabled'])
    await user.user.tokens.delete(id)
    expect(userTokens.find(id)?.deletedAt).toBeDefined()
  })

  it('are answered to an account token with 401/1000', async () => {
    const { sdk, account } = createUserStage()
    const calls = [
      sdk(account.tokenCreation.value).user.tokens.verify(),
      sdk(account.tokenCreation.value).user.tokens.list()
    ]
    for (const call of calls)
      await expect(call).rejects.toMatchObject({ status: 401, errors: [{ code: 1000 }] })
  })

  it('need the permission of the user', async () => {
    const { sdk, userTokens } = createUserStage()
    const { value } = userTokens.seed({ name: 'zones', groups: ['Zone Read'] })
    await expect(sdk(value).user.tokens.list()).rejects.toMatchObject({
      status: 403,
      errors: [{ code: 10000 }]
    })
    expect((await sdk(value).user.tokens.verify()).status).toBe('active')
  })

  it('may use what they are granted on the account', async () => {
    const { sdk, userTokens, account } = createUserStage()
    const { value } = userTokens.seed({ name: 'secrets', groups: ['Secrets Store Write'] })
    const secrets = await sdk(value).secretsStore.stores.secrets.list(account.store.id, {
      account_id: account.accountId
    })
    expect(secrets.result).toEqual([])
  })

  it('have permission groups of the user, which account tokens have not', async () => {
    const { user, sdk, account } = createUserStage()
    const own = await user.user.tokens.permissionGroups.list()
    const { accounts } = sdk(account.tokenCreation.value)
    const { result } = await accounts.tokens.permissionGroups.list({ account_id: account.accountId })
    const names = (groups: readonly { name?: string }[]) => groups.map(({ name }) => name)
    expect(names(own.result)).toContain('API Tokens Write')
    expect(names(result)).not.toContain('API Tokens Write')
  })

  it('are limited to 50', async () => {
    const { user, userTokens } = createUserStage()
    for (let count = userTokens.existing.length; count < 50; count++)
      userTokens.seed({ name: `t${count}`, groups: ['Zone Read'] })
    await expect(user.user.tokens.create({ name: 'one', policies })).rejects.toMatchObject({
      status: 400,
      errors: [{ code: 1005, message: 'The user has reached its limit of API tokens' }]
    })
  })
})
