import { describe, expect, it } from '@jest/globals'
import { getPermissionGroup } from '../../sandbox/cloudflare/permission-groups.ts'
import { account_id, createStage, policy } from './stage.ts'

const kvWrite = getPermissionGroup('Workers KV Storage Write').id
const kvRead = getPermissionGroup('Workers KV Storage Read').id

describe('permission groups', () => {
  it('finds permission groups by name and scope', async () => {
    const { account, sdk } = createStage()
    const { permissionGroups } = sdk(account.tokenCreation.value).accounts.tokens
    const found = await permissionGroups.get({ account_id, name: 'Secrets Store' })
    expect(found.map(({ name }) => name).sort()).toEqual(['Secrets Store Read', 'Secrets Store Write'])
    const zones = await permissionGroups.get({ account_id, scope: 'com.cloudflare.api.account.zone' })
    expect(zones.map(({ name }) => name)).toContain('Zone Read')
    expect(zones.map(({ name }) => name)).not.toContain('D1 Read')
  })

  it('lists seven permission group names that are ambiguous without their scope', async () => {
    const { account, sdk } = createStage()
    const { permissionGroups } = sdk(account.tokenCreation.value).accounts.tokens
    const groups = await permissionGroups.get({ account_id })
    const byName = Map.groupBy(groups, ({ name }) => name)
    const ambiguous = [...byName].filter(([, named]) => named.length > 1)
    expect(ambiguous.map(([name]) => name).sort()).toEqual([
      'Access: Apps and Policies Read',
      'Access: Apps and Policies Revoke',
      'Access: Apps and Policies Write',
      'Disable ESC Read',
      'Disable ESC Write',
      'Logs Read',
      'Logs Write'
    ])
    for (const [, named] of ambiguous) {
      expect(named.flatMap(({ scopes = [] }) => scopes).sort()).toEqual([
        'com.cloudflare.api.account',
        'com.cloudflare.api.account.zone'
      ])
    }
    expect(byName.get('Secrets Store Write')).toMatchObject([
      { id: 'adc8fa2bc6124928a8b3314dc63a1235', is_selectable: true }
    ])
    expect(
      byName
        .get('Access: Apps and Policies Write')
        ?.map(({ id }) => id)
        .sort()
    ).toEqual(['1e13c5124ca64b72b1969a67e8829049', '959972745952452f8be2452be8cbb9f2'])
  })

  it('refuses account calls with the zone-scoped permission group of the same name', async () => {
    const { account, call } = createStage()
    const statusWith = async (scope: 'com.cloudflare.api.account' | 'com.cloudflare.api.account.zone') => {
      const { id } = getPermissionGroup('Access: Apps and Policies Read', scope)
      const post = { method: 'POST', json: { name: 'x', policies: [policy(id)] } }
      const { body } = await call(account.tokenCreation.value, '/tokens', post)
      return (await call((body.result as { value: string }).value, '/access/policies')).status
    }
    expect(await statusWith('com.cloudflare.api.account')).toBe(200)
    expect(await statusWith('com.cloudflare.api.account.zone')).toBe(403)
  })

  it('refuses to create a token with a permission group that the caller cannot select', async () => {
    const { account, sandbox, sdk, call } = createStage()
    sandbox.cloudflare.tokens.unselectable.add(kvRead)
    const { permissionGroups } = sdk(account.tokenCreation.value).accounts.tokens
    const groups = await permissionGroups.get({ account_id, name: 'Workers KV Storage' })
    expect(Object.fromEntries(groups.map(({ id = '', is_selectable }) => [id, is_selectable]))).toEqual({
      [kvRead]: false,
      [kvWrite]: true
    })
    const post = { method: 'POST', json: { name: 'x', policies: [policy(kvRead)] } }
    const { status, body } = await call(account.tokenCreation.value, '/tokens', post)
    expect([status, body.errors[0]]).toEqual([
      400,
      { code: 1001, message: 'Failed common permission check against resources' }
    ])
  })
})
