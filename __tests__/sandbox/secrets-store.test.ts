import { describe, expect, it } from '@jest/globals'
import { account_id, createStage } from './stage.ts'

const scopes = ['workers' as const]

describe('Secrets Store', () => {
  it('creates, edits, duplicates and deletes secrets through the SDK, and never returns a value', async () => {
    const { account, sandbox, sdk, clock } = createStage()
    const { secrets } = sdk(account.secretEdit.value).secretsStore.stores
    const at = { account_id, store_id: account.store.id }
    const seen: unknown[] = []
    for await (const secret of secrets.create(account.store.id, {
      account_id,
      body: [
        { name: 'A', value: 'value-one', scopes, comment: 'first' },
        { name: 'B', value: 'value-two', scopes }
      ]
    })) {
      seen.push(secret)
    }
    const [{ id }] = seen as [{ id: string }]
    clock.advance(1500)
    const edited = await secrets.edit(id, { ...at, value: 'value-three', comment: 'second' })
    expect(edited).toMatchObject({
      comment: 'second',
      modified: '2026-01-01T00:00:01.500000Z',
      status: 'active'
    })
    expect(edited.created).toBe('2026-01-01T00:00:00.000000Z')
    const copy = await secrets.duplicate(id, { ...at, name: 'C', scopes })
    seen.push(edited, copy, await secrets.get(id, at))
    expect(sandbox.cloudflare.secretsStores.values(account.store.id)).toEqual({
      A: 'value-three',
      B: 'value-two',
      C: 'value-three'
    })
    await secrets.delete(copy.id, at)
    await expect(secrets.get(copy.id, at)).rejects.toMatchObject({ status: 404, errors: [{ code: 1001 }] })
    expect(await sdk(account.secretEdit.value).secretsStore.quota.get({ account_id })).toEqual({
      secrets: { quota: 100, usage: 2 }
    })
    expect(JSON.stringify([seen, sandbox.transcript.calls])).not.toContain('value-')
  })

  it('lists stored secrets in pages, and searches names and comments', async () => {
    const { account, sandbox, sdk } = createStage()
    const inputs = Array.from({ length: 25 }, (_, index) => ({ name: `S_${index}`, value: 'v', scopes }))
    sandbox.cloudflare.secretsStores.create(account.store, [
      ...inputs,
      { name: 'OTHER', value: 'v', scopes, comment: 'was s_24' }
    ])
    const list = async (search?: string) => {
      const names: string[] = []
      const query = search === undefined ? { account_id } : { account_id, search }
      const { secrets } = sdk(account.secretEdit.value).secretsStore.stores
      for await (const { name } of secrets.list(account.store.id, query)) names.push(name)
      return names
    }
    expect(await list()).toHaveLength(26)
    expect(await list('S_24')).toEqual(['S_24', 'OTHER'])
  })

  it('creates all secrets of a call or none', async () => {
    const { account, sandbox, call } = createStage()
    const target = `/secrets_store/stores/${account.store.id}/secrets`
    const post = async (...names: string[]) => {
      const json = names.map((name) => ({ name, value: 'v', scopes }))
      const { status, body } = await call(account.secretEdit.value, target, { method: 'POST', json })
      return [status, body.errors[0]?.code, body.errors[0]?.message]
    }
    expect(await post('A')).toEqual([200, undefined, undefined])
    expect(await post('B', 'A')).toEqual([400, 1003, 'secret_name_already_exists'])
    expect(await post('B', 'B')).toEqual([400, 1003, 'secret_name_already_exists'])
    sandbox.cloudflare.secretsStores.quota = 2
    expect((await post('B', 'C'))[0]).toBe(400)
    expect(Object.keys(sandbox.cloudflare.secretsStores.values(account.store.id))).toEqual(['A'])
  })

  it.each([
    ['an object instead of an array', { name: 'A', value: 'v', scopes }],
    ['no scopes', [{ name: 'A', value: 'v' }]],
    ['an unknown scope', [{ name: 'A', value: 'v', scopes: ['zones'] }]],
    ['a value that is too long', [{ name: 'A', value: 'x'.repeat(65_537), scopes }]],
    ['a name with a space', [{ name: 'A B', value: 'v', scopes }]],
    ['an unknown key', [{ name: 'A', text: 'v', value: 'v', scopes }]]
  ])('answers 400/1001 to a secret creation with %s', async (_case, json) => {
    const { account, call } = createStage()
    const target = `/secrets_store/stores/${account.store.id}/secrets`
    const { status, body } = await call(account.secretEdit.value, target, { method: 'POST', json })
    expect([status, body.errors[0]?.code]).toEqual([400, 1001])
  })

  it('refuses to rename a secret, and refuses an empty change', async () => {
    const { account, sandbox, call } = createStage()
    const [secret] = sandbox.cloudflare.secretsStores.create(account.store, [
      { name: 'A', value: 'v', scopes }
    ])
    const target = `/secrets_store/stores/${account.store.id}/secrets/${secret?.id}`
    for (const json of [{ name: 'B' }, {}]) {
      expect((await call(account.secretEdit.value, target, { method: 'PATCH', json })).status).toBe(400)
    }
  })

  it('answers 404/1001 for an unknown store', async () => {
    const { account, call } = createStage()
    const { status, body } = await call(account.secretEdit.value, '/secrets_store/stores/other/secrets')
    expect([status, body.errors[0]]).toEqual([404, { code: 1001, message: 'store_not_found' }])
  })

  it('reports a written secret as pending for the set time', async () => {
    const { account, sandbox, sdk, clock } = createStage()
    const { secretsStores } = sandbox.cloudflare
    secretsStores.pendingMs = 2000
    const [secret] = secretsStores.create(account.store, [{ name: 'A', value: 'v', scopes }])
    const at = { account_id, store_id: account.store.id }
    const status = async () =>
      (await sdk(account.secretEdit.value).secretsStore.stores.secrets.get(secret?.id ?? '', at)).status
    expect(await status()).toBe('pending')
    clock.advance(2000)
    expect(await status()).toBe('active')
  })
})
