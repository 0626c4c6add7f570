import type { Account } from './account.ts'
import { answered, codeOf, fieldOf, listOf, resultsOf, succeeded, type Answer } from './answer.ts'
import { all, when, type Assumption } from './assumption.ts'
import { databaseId, demand } from './cloudflare-things.ts'

const NO_DATABASE = '00000000-0000-0000-0000-000000000000'

/** As the lock claims a row: by one statement, and again by whoever holds it already. */
const claim = (table: string): string => `INSERT INTO ${table} (name, owner, expires_at, fence)
VALUES (?1, ?2, unixepoch() + CAST(?3 AS INTEGER), 1)
ON CONFLICT (name) DO UPDATE SET fence = ${table}.fence + 1, owner = excluded.owner, expires_at = excluded.expires_at
WHERE ${table}.expires_at <= unixepoch() OR ${table}.owner = excluded.owner
RETURNING owner, fence`

async function query(account: Account, sql: string, params: readonly string[] = []): Promise<Answer> {
  const path = `/d1/database/${await databaseId(account)}/query`
  return await account.cloudflare('POST', path, { json: { sql, params } })
}

function rowsOf(answer: Answer): readonly unknown[] {
  return listOf(fieldOf(resultsOf(answer)[0], 'results'))
}

/** Makes a table of its own, in a database that may be another's. */
async function makeTable(account: Account): Promise<string> {
  await databaseId(account)
  const name = account.newName().replaceAll('-', '_')
  const answer = await account.leftovers.make({
    label: `D1 table ${name}`,
    create: () =>
      query(
        account,
        `CREATE TABLE ${name} (name TEXT PRIMARY KEY, owner TEXT, expires_at INTEGER, fence INTEGER)`
      ),
    idOf: () => name,
    find: () => Promise.resolve([name]),
    remove: (id) => query(account, `DROP TABLE IF EXISTS ${id}`)
  })
  demand(answer, 'Creating a D1 table')
  return name
}

/** What D1 does: at most one run holds a lock in it. */
export const d1: readonly Assumption[] = [
  {
    id: 'd1/claim-atomic',
    source: '[RAN]',
    says: 'Of claims sent at once exactly one wins.',
    async run(account) {
      const table = await makeTable(account)
      const answers = await Promise.all(
        ['a', 'b', 'c', 'd'].map((owner) => query(account, claim(table), ['lock', owner, '300']))
      )
      const winners = answers.filter((answer) => rowsOf(answer).length === 1)
      return all(...answers.map(succeeded), when(winners.length === 1, `${winners.length} claims won`))
    }
  },
  {
    id: 'd1/claim-idempotent',
    source: '[RAN]',
    says: 'The holder may claim again; another may not, and gets no row.',
    async run(account) {
      const table = await makeTable(account)
      const counts: number[] = []
      for (const owner of ['a', 'a', 'b'])
        counts.push(rowsOf(await query(account, claim(table), ['lock', owner, '300'])).length)
      return when(counts.join() === '1,1,0', `answered ${counts.join(', ')} rows`)
    }
  },
  {
    id: 'd1/claim-expired',
    source: '[RAN]',
    says: 'A lock that has ended can be claimed by another, with a higher fence.',
    async run(account) {
      const table = await makeTable(account)
      await query(account, claim(table), ['lock', 'a', '-1'])
      const [row] = rowsOf(await query(account, claim(table), ['lock', 'b', '300']))
      return when(fieldOf(row, 'owner') === 'b' && fieldOf(row, 'fence') === 2, 'the second claim lost')
    }
  },
  {
    id: 'd1/params',
    source: '[SDK]',
    says: 'Parameters are texts, and need no quoting.',
    async run(account) {
      const answer = await query(account, 'SELECT ?1 AS text, typeof(?1) AS type', ["a'; DROP TABLE x; --"])
      const [row] = rowsOf(answer)
      return when(
        fieldOf(row, 'text') === "a'; DROP TABLE x; --" && fieldOf(row, 'type') === 'text',
        'came back differently'
      )
    }
  },
  {
    id: 'd1/clock',
    source: '[RAN]',
    says: "unixepoch() is within a minute of the answer's Date.",
    async run(account) {
      const answer = await query(account, 'SELECT unixepoch() AS now')
      const now = Number(fieldOf(rowsOf(answer)[0], 'now')) * 1000
      const date = Date.parse(answer.headers.get('date') ?? '')
      return when(Math.abs(now - date) < 60_000, 'is more than a minute off')
    }
  },
  {
    id: 'd1/changes',
    source: '[SDK]',
    says: 'meta.changes counts what a statement changed.',
    async run(account) {
      const table = await makeTable(account)
      const answer = await query(account, `INSERT INTO ${table} (name) VALUES ('a'), ('b')`)
      const changes = fieldOf(fieldOf(resultsOf(answer)[0], 'meta'), 'changes')
      return all(succeeded(answer), when(changes === 2, `counts ${String(changes)}`))
    }
  },
  {
    id: 'd1/table-missing',
    source: '[OBS]',
    says: 'A table that does not exist is answered with 7500 and SQLite says which.',
    async run(account) {
      const answer = await query(account, `SELECT * FROM ${account.newName().replaceAll('-', '_')}`)
      return all(
        when(codeOf(answer) === 7500, `answered with code ${String(codeOf(answer))}`),
        when(answer.text.includes('no such table'), 'does not say so')
      )
    }
  },
  {
    id: 'd1/database-missing',
    source: '[OBS]',
    says: 'A database that does not exist is answered with 404 and 7404.',
    async run(account) {
      const path = `/d1/database/${NO_DATABASE}/query`
      return answered(await account.cloudflare('POST', path, { json: { sql: 'SELECT 1' } }), 404, 7404)
    }
  }
]
