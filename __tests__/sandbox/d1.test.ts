import { describe, expect, it } from '@jest/globals'
import { account_id, createStage } from './stage.ts'

function createD1() {
  const stage = createStage()
  const { account, sdk, call, sandbox } = stage
  const { id } = account.database
  const reader = sandbox.cloudflare.tokens.seed({ name: 'reader', groups: ['D1 Read'] })
  return {
    ...stage,
    reader,
    query: async (sql: string, params: string[] = [], token = account.apiToken.value) => {
      const page = await sdk(token).d1.database.query(id, { account_id, sql, params })
      return page.result[0]!
    },
    send: async (json: unknown, { token = account.apiToken.value, database = id } = {}) => {
      const { status, body } = await call(token, `/d1/database/${database}/query`, { method: 'POST', json })
      return { status, code: body.errors[0]?.code, message: body.errors[0]?.message }
    }
  }
}

describe('D1', () => {
  it('runs one SQL statement per call as the SDK sends it', async () => {
    const { query } = createD1()
    expect((await query('CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT)')).meta?.changed_db).toBe(true)
    const inserted = await query('INSERT INTO t (word) VALUES (?1), (?2) RETURNING id', ['a', "b;'c"])
    expect(inserted).toMatchObject({
      success: true,
      results: [{ id: 1 }, { id: 2 }],
      meta: { changes: 2, last_row_id: 2, changed_db: true, rows_written: 2 }
    })
    expect(await query('SELECT word FROM t ORDER BY id;')).toMatchObject({
      results: [{ word: 'a' }, { word: "b;'c" }],
      meta: { changes: 0, changed_db: false }
    })
  })

  it('returns the time of the sandbox from unixepoch()', async () => {
    const { query, clock } = createD1()
    const start = Date.UTC(2026, 0, 1) / 1000
    expect((await query('SELECT unixepoch() AS now')).results).toEqual([{ now: start }])
    clock.advance(1_999)
    expect((await query('SELECT unixepoch() AS now')).results).toEqual([{ now: start + 1 }])
  })

  it('returns the SQLite error of a wrong statement with 400/7500', async () => {
    const { send } = createD1()
    expect(await send({ sql: 'SELECT * FROM absent' })).toEqual({
      status: 400,
      code: 7500,
      message: 'no such table: absent: SQLITE_ERROR'
    })
    expect(await send({ sql: 'SELEC 1' })).toMatchObject({ status: 400, code: 7500 })
    expect(await send({ sql: 'SELECT 1; DROP TABLE t' })).toMatchObject({
      status: 400,
      code: 7500,
      message: expect.stringContaining('only one statement') as unknown
    })
  })

  it('accepts only strings as query parameters, and no unknown keys', async () => {
    const { send } = createD1()
    expect(await send({ sql: 'SELECT ?1', params: [1] })).toMatchObject({ status: 400 })
    expect(await send({ sql: 'SELECT 1', parameters: [] })).toMatchObject({ status: 400 })
    expect(await send({ params: [] })).toMatchObject({ status: 400 })
  })

  it('refuses writes with a read-only token, and every query with a token that lacks the permission', async () => {
    const { send, query, reader, account } = createD1()
    await query('CREATE TABLE t (id INTEGER)')
    expect((await query('SELECT count(*) AS rows FROM t', [], reader.value)).results).toEqual([{ rows: 0 }])
    const refused = { status: 403, code: 10000 }
    expect(await send({ sql: 'INSERT INTO t VALUES (1)' }, { token: reader.value })).toMatchObject(refused)
    expect(await send({ sql: 'SELECT 1' }, { token: account.secretEdit.value })).toMatchObject(refused)
    await query('INSERT INTO t VALUES (1)')
  })

  it('returns its own database, and answers 404/7404 for an unknown one', async () => {
    const { send, sdk, account } = createD1()
    const database = '00000000-0000-4000-8000-000000000000'
    expect(await send({ sql: 'SELECT 1' }, { database })).toEqual({
      status: 404,
      code: 7404,
      message: `The database ${database} could not be found`
    })
    const client = sdk(account.apiToken.value)
    expect(await client.d1.database.get(account.database.id, { account_id })).toMatchObject({
      uuid: account.database.id,
      name: 'rotation-locks'
    })
  })

  it('keeps query parameters out of the transcript', async () => {
    const { query, sandbox } = createD1()
    await query('SELECT ?1 AS word', ['fake-secret'])
    expect(JSON.stringify(sandbox.transcript.calls)).not.toContain('fake-secret')
  })
})
