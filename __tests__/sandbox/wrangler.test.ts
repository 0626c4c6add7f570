import { describe, expect, it } from '@jest/globals'
import { createStage } from './stage.ts'

const STORE = '8f7a1cdced6342c18d223ece462fd88d'
const NAMESPACE = '0f2ac74b498b48028cb68387c421e279'
const TEXT = 'text/plain;charset=UTF-8'

interface Recorded {
  readonly method: string
  readonly path: string
  readonly type?: string
  readonly body?: string
}

/** Plays requests as wrangler 4.164.0 sent them when it was pointed at the sandbox with `CLOUDFLARE_API_BASE_URL`. */
function createWrangler() {
  const { sandbox, account, call, clock } = createStage()
  const { value } = sandbox.cloudflare.tokens.seed({
    name: 'wrangler',
    groups: ['Workers KV Storage Write', 'D1 Write', 'Secrets Store Write']
  })
  const send = async ({ method, path, type, body }: Recorded) => {
    const headers = {
      'user-agent': 'wrangler/4.164.0',
      ...(type === undefined ? {} : { 'content-type': type })
    }
    const answer = await call(value, path, { method, headers, ...(body === undefined ? {} : { body }) })
    const { result, errors, result_info } = answer.body
    return { status: answer.status, code: errors[0]?.code, result: result as unknown, result_info }
  }
  return { sandbox, account, clock, send }
}

describe('wrangler requests', () => {
  it('creates a KV namespace as wrangler does, and lists all namespaces by title', async () => {
    const { send } = createWrangler()
    const create = (title: string) =>
      send({
        method: 'POST',
        path: '/storage/kv/namespaces',
        type: 'application/json',
        body: `{\n  "title": "${title}"\n}`
      })
    expect(await create('a-lock')).toMatchObject({ status: 200, result: { title: 'a-lock' } })
    expect(await create('rotation-locks')).toMatchObject({ status: 400, code: 10014 })
    const list = '/storage/kv/namespaces?per_page=1000&order=title&direction=asc'
    expect(await send({ method: 'GET', path: list })).toMatchObject({
      result: [{ title: 'a-lock' }, { title: 'rotation-locks', supports_url_encoding: true }]
    })
    expect(await send({ method: 'GET', path: `${list}&page=2` })).toMatchObject({ result: [] })
  })

  it('puts, lists and deletes KV keys as wrangler does', async () => {
    const { send, account, clock } = createWrangler()
    const root = `/storage/kv/namespaces/${NAMESPACE}`
    for (const [key, query] of [
      ['b', ''],
      ['a', '?expiration_ttl=60']
    ] as const) {
      expect(
        await send({ method: 'PUT', path: `${root}/values/${key}${query}`, type: TEXT, body: 'v' })
      ).toMatchObject({ status: 200 })
    }
    expect(await send({ method: 'GET', path: `${root}/keys?prefix=` })).toMatchObject({
      result: [{ name: 'a', expiration: Date.UTC(2026, 0, 1, 0, 1) / 1000 }, { name: 'b' }],
      result_info: { count: 2, cursor: '' }
    })
    expect(await send({ method: 'GET', path: `${root}/keys?prefix=b` })).toMatchObject({
      result: [{ name: 'b' }]
    })
    expect(account.namespace.current('a')?.value).toBe('v')
    clock.advance(1000)
    expect(await send({ method: 'DELETE', path: `${root}/values/b` })).toMatchObject({ status: 200 })
    expect(account.namespace.current('b')).toBeUndefined()
  })

  it('lists KV keys page by page with a cursor', async () => {
    const { send, account } = createWrangler()
    for (let index = 0; index < 25; index += 1)
      account.namespace.write(`k${String(index).padStart(2, '0')}`, { value: 'v' })
    const names: string[] = []
    let cursor = ''
    do {
      const path = `/storage/kv/namespaces/${NAMESPACE}/keys?prefix=&limit=10&cursor=${cursor}`
      const { result, result_info } = await send({ method: 'GET', path })
      names.push(...(result as { name: string }[]).map(({ name }) => name))
      cursor = String(result_info?.['cursor'] ?? '')
    } while (cursor !== '')
    expect(names).toEqual(account.namespace.keys)
  })

  it('creates, finds, queries and deletes a D1 database as wrangler does', async () => {
    const { send, account } = createWrangler()
    const create = { method: 'POST', path: '/d1/database', type: 'application/json', body: '{"name":"rot2"}' }
    expect(await send(create)).toMatchObject({ status: 200, result: { name: 'rot2' } })
    expect(await send(create)).toMatchObject({ status: 400, code: 7502 })
    const found = await send({ method: 'GET', path: '/d1/database/rotation-locks?fields=uuid%2Cname' })
    expect(found.result).toMatchObject({ uuid: account.database.id, name: 'rotation-locks' })
    account.database.run('CREATE TABLE rotate_locks (name TEXT, expires_at INTEGER)')
    const query = {
      method: 'POST',
      path: `/d1/database/${account.database.id}/query`,
      type: 'application/json',
      body: `{"sql":"UPDATE rotate_locks SET expires_at = 0 WHERE name = 'bootstrap'"}`
    }
    expect(await send(query)).toMatchObject({ status: 200, result: [{ success: true }] })
    const { result } = await send({ method: 'GET', path: '/d1/database/rot2?fields=uuid%2Cname' })
    const { uuid } = result as { uuid: string }
    expect(await send({ method: 'DELETE', path: `/d1/database/${uuid}` })).toMatchObject({ status: 200 })
    expect(await send({ method: 'GET', path: '/d1/database?per_page=10&page=1' })).toMatchObject({
      result: [{ name: 'rotation-locks' }]
    })
  })

  it('accepts Secrets Store writes whose JSON is declared as plain text', async () => {
    const { send, sandbox } = createWrangler()
    const root = '/secrets_store/stores'
    expect(await send({ method: 'POST', path: root, type: TEXT, body: '{"name":"another"}' })).toMatchObject({
      status: 200,
      result: { name: 'another' }
    })
    const created = await send({
      method: 'POST',
      path: `${root}/${STORE}/secrets`,
      type: TEXT,
      body: '[{"name":"A","value":"v","scopes":["workers"]}]'
    })
    expect(created).toMatchObject({ status: 200, result: [{ name: 'A', status: 'active' }] })
    const [{ id }] = created.result as [{ id: string }]
    const path = `${root}/${STORE}/secrets/${id}`
    expect(await send({ method: 'PATCH', path, type: TEXT, body: '{"value":"w"}' })).toMatchObject({
      status: 200
    })
    expect(sandbox.cloudflare.secretsStores.values(STORE)).toEqual({ A: 'w' })
    expect(await send({ method: 'PATCH', path, type: TEXT, body: '{"value":' })).toMatchObject({
      status: 400,
      code: 6007
    })
    expect(JSON.stringify(sandbox.transcript.calls.map(({ body }) => body))).not.toContain('"w"')
    expect(await send({ method: 'DELETE', path })).toMatchObject({ result: { status: 'deleted' } })
  })
})
