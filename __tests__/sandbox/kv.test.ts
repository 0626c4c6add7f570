import { describe, expect, it } from '@jest/globals'
import { account_id, createStage } from './stage.ts'

function createKv() {
  const stage = createStage()
  const { account, sdk, call } = stage
  const at = { account_id, namespace_id: account.namespace.id }
  const { values, metadata } = sdk(account.apiToken.value).kv.namespaces
  return {
    ...stage,
    at,
    values,
    metadata,
    read: async (key: string) => {
      try {
        return await (await values.get(key, at)).text()
      } catch (error) {
        return (error as { errors: { code: number }[] }).errors[0]?.code
      }
    },
    put: (key: string, query = '', init: RequestInit = {}) =>
      call(account.apiToken.value, `/storage/kv/namespaces/${account.namespace.id}/values/${key}${query}`, {
        method: 'PUT',
        body: 'text',
        headers: { 'content-type': 'application/octet-stream' },
        ...init
      })
  }
}

describe('Workers KV', () => {
  it('stores a KV value as the SDK writes it, with metadata, expiry and a key that needs encoding', async () => {
    const { values, metadata, at, read, clock } = createKv()
    const key = 'locks/bootstrap: a%b'
    await values.update(key, {
      ...at,
      value: 'owner-1',
      metadata: JSON.stringify({ run: 1 }),
      expiration_ttl: 60
    })
    expect(await read(key)).toBe('owner-1')
    expect(await metadata.get(key, at)).toEqual({ run: 1 })
    expect((await values.get(key, at)).headers.get('expiration')).toBe(
      String(Date.UTC(2026, 0, 1, 0, 1) / 1000)
    )
    clock.advance(60_000)
    expect(await read(key)).toBe(10009)
  })

  it('accepts plain bytes and any content type as a KV value', async () => {
    const { put, read } = createKv()
    expect((await put('a')).status).toBe(200)
    expect(await read('a')).toBe('text')
    await put('b', '', { body: '{ "a":1 }', headers: { 'content-type': 'application/json' } })
    expect(await read('b')).toBe('{ "a":1 }')
  })

  it('refuses a KV lifetime of less than a minute', async () => {
    const { put } = createKv()
    const soon = Date.UTC(2026, 0, 1) / 1000 + 59
    for (const query of ['?expiration_ttl=59', '?expiration_ttl=x', `?expiration=${soon}`]) {
      expect((await put('a', query)).status).toBe(400)
    }
    expect((await put('a', `?expiration=${soon + 1}`)).status).toBe(200)
  })

  it('refuses a second write to a KV key within a second, unless limitsWrites is false', async () => {
    const { put, values, at, clock, sandbox } = createKv()
    expect((await put('a')).status).toBe(200)
    expect((await put('b')).status).toBe(200)
    clock.advance(999)
    await expect(values.delete('a', at)).rejects.toMatchObject({ status: 429 })
    clock.advance(1)
    expect((await put('a')).status).toBe(200)
    sandbox.cloudflare.kv.limitsWrites = false
    expect((await put('a')).status).toBe(200)
  })

  it('returns stale KV reads for the set time, including a missing value', async () => {
    const { put, read, clock, sandbox } = createKv()
    sandbox.cloudflare.kv.staleReadMs = 60_000
    await put('a')
    expect(await read('a')).toBe(10009)
    clock.advance(59_999)
    expect(await read('a')).toBe(10009)
    clock.advance(1)
    expect(await read('a')).toBe('text')
  })

  it('returns the KV value before the last write for the given number of reads', async () => {
    const { put, read, values, at, clock, account } = createKv()
    account.namespace.answerStale('a', 1)
    await put('a')
    expect([await read('a'), await read('a')]).toEqual([10009, 'text'])
    clock.advance(1000)
    await values.delete('a', at)
    account.namespace.answerStale('a', 2)
    expect([await read('a'), await read('a'), await read('a')]).toEqual(['text', 'text', 10009])
  })

  it('lists its own KV namespace, and answers 404 for an unknown one', async () => {
    const { account, sdk, call } = createKv()
    const listed = []
    for await (const { title } of sdk(account.apiToken.value).kv.namespaces.list({ account_id }))
      listed.push(title)
    expect(listed).toEqual(['rotation-locks'])
    const refusalFor = async (id: string) => {
      const { status, body } = await call(account.apiToken.value, `/storage/kv/namespaces/${id}/values/a`)
      return [status, body.errors[0]?.code]
    }
    expect(await refusalFor('0'.repeat(32))).toEqual([404, 10013])
    expect(await refusalFor('other')).toEqual([404, 7003])
  })
})
