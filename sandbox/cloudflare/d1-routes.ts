import type { D1 } from 'cloudflare/resources/d1/d1'
import type { Hono } from 'hono'
import * as v from 'valibot'
import { holds, permitted } from './authentication.ts'
import type { D1Database } from './d1.ts'
import { answer, answerPage, readJson, type CloudflareEnv } from './envelope.ts'

const reads = permitted('D1 Read', 'D1 Write')

const writes = permitted('D1 Write')

const newDatabase = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9_-]*$/i)),
  primary_location_hint: v.exactOptional(v.string()),
  jurisdiction: v.exactOptional(v.string()),
  read_replication: v.exactOptional(v.unknown())
})
const statementSchema = v.strictObject({
  sql: v.pipe(v.string(), v.nonEmpty(), v.maxLength(100_000)),
  params: v.optional(v.array(v.string()), [])
})

/** `/accounts/{account_id}/d1/database`: databases and one statement at a time. */
export function routeD1(app: Hono<CloudflareEnv>): void {
  const root = '/accounts/:account_id/d1/database'

  app.get(root, reads, (c) => {
    const { name } = c.req.query()
    const found = c.env.cloudflare.d1.all.filter((database) => name === undefined || database.name === name)
    return answerPage(c, found, { defaultSize: 100, maxSize: 10_000, present: presentDatabase })
  })

  app.post(root, writes, (c) =>
    answer(c, presentDatabase(c.env.cloudflare.d1.create(readJson(c, newDatabase).name)))
  )

  app.delete(`${root}/:database_id`, writes, (c) => {
    c.env.cloudflare.d1.delete(c.req.param('database_id'))
    return answer(c, null)
  })

  app.get(`${root}/:database_id`, reads, (c) =>
    answer(c, presentDatabase(c.env.cloudflare.d1.get(c.req.param('database_id') ?? '')))
  )

  app.post(`${root}/:database_id/query`, reads, (c) => {
    const { cloudflare } = c.env
    const database = cloudflare.d1.get(c.req.param('database_id') ?? '')
    const { sql, params } = readJson(c, statementSchema)
    const account = cloudflare.accountId
    const mayWrite = holds(c.get('token'), { group: 'D1 Write', account })
    return answer(c, [database.query({ sql, params, mayWrite })])
  })
}

function presentDatabase({ id, name }: D1Database): D1 {
  return { uuid: id, name, version: 'production' }
}
