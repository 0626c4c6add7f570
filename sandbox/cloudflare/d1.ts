import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { QueryResult } from 'cloudflare/resources/d1/database/database'
import { CloudflareError } from './cloudflare-error.ts'
import type { CloudflareContext } from './state.ts'

/** Row, by column. */
export type D1Row = Record<string, SQLOutputValue>

/** Statement as the query route takes it; parameters are strings, as in Cloudflare's own description of the route. */
export interface D1Statement {
  readonly sql: string
  readonly params: readonly string[]
  /** Whether the calling token may change anything. */
  readonly mayWrite: boolean
}

/** SQLite's result code for a write in a read-only connection. */
const SQLITE_READONLY = 8

/** D1 database: a real SQLite in memory, opened at its first use, whose `unixepoch()` is the sandbox's clock. */
export class D1Database {
  readonly id: string
  readonly name: string
  readonly #now: () => number
  #engine: DatabaseSync | undefined

  constructor({ id, name, now }: { id: string; name: string; now: () => number }) {
    this.id = id
    this.name = name
    this.#now = now
  }

  /** Runs a statement for a test, without the API. */
  run(sql: string, ...params: readonly string[]): D1Row[] {
    return this.#open()
      .prepare(sql)
      .all(...params)
  }

  /** Names of the tables. */
  get tables(): string[] {
    if (this.#engine === undefined) return []
    return this.run("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").map(({ name }) =>
      String(name)
    )
  }

  /** Runs a statement as the API does. @throws CloudflareError 400/7500 with SQLite's message */
  query({ sql, params, mayWrite }: D1Statement): QueryResult & { results: D1Row[] } {
    const engine = this.#open()
    if (hasSeveralStatements(sql)) {
      throw sqlError('A prepared SQL statement must contain only one statement')
    }
    const before = totalChanges(engine)
    engine.exec(`PRAGMA query_only = ${mayWrite ? 'OFF' : 'ON'}`)
    try {
      const results = engine.prepare(sql).all(...params) as D1Row[]
      const changes = totalChanges(engine) - before
      return {
        results,
        success: true,
        meta: {
          served_by_region: 'WEUR',
          served_by_primary: true,
          duration: 0,
          changes,
          last_row_id: Number(first(engine, 'SELECT last_insert_rowid()')),
          changed_db: changes > 0 || /^\s*(create|drop|alter)\b/i.test(sql),
          size_after: Number(first(engine, 'PRAGMA page_count')) * Number(first(engine, 'PRAGMA page_size')),
          rows_read: results.length,
          rows_written: changes
        }
      }
    } catch (thrown) {
      const { errcode, message } = thrown as { errcode?: number; message: string }
      if (errcode === SQLITE_READONLY && !mayWrite) {
        throw new CloudflareError(403, { code: 10000, message: 'Authentication error' })
      }
      throw sqlError(message)
    } finally {
      engine.exec('PRAGMA query_only = OFF')
    }
  }

  #open(): DatabaseSync {
    if (this.#engine === undefined) {
      // Loaded here, so that a sandbox without D1 neither needs it nor prints its experimental warning.
      const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
      this.#engine = new DatabaseSync(':memory:')
      this.#engine.function('unixepoch', { varargs: true }, (...values: unknown[]) => {
        if (values.length > 0) throw new Error('the sandbox knows unixepoch() without arguments only')
        return Math.floor(this.#now() / 1000)
      })
    }
    return this.#engine
  }
}

/** D1 databases of the account. */
export class D1Storage {
  readonly #context: CloudflareContext
  readonly #databases = new Map<string, D1Database>()

  constructor(context: CloudflareContext) {
    this.#context = context
  }

  get all(): readonly D1Database[] {
    return [...this.#databases.values()]
  }

  addDatabase(name: string, id = this.#newId()): D1Database {
    const database = new D1Database({ id, name, now: () => this.#context.clock.now() })
    this.#databases.set(id, database)
    return database
  }

  /** Creates a database through the API; its name must be free. */
  create(name: string): D1Database {
    if (this.all.some((database) => database.name === name)) {
      throw new CloudflareError(400, { code: 7502, message: 'A database with that name already exists' })
    }
    return this.addDatabase(name)
  }

  delete(id: string): void {
    this.#databases.delete(this.get(id).id)
  }

  /** Finds a database by its id or its name. */
  get(key: string): D1Database {
    const database = this.#databases.get(key) ?? this.all.find(({ name }) => name === key)
    if (database === undefined) {
      throw new CloudflareError(404, { code: 7404, message: `The database ${key} could not be found` })
    }
    return database
  }

  #newId(): string {
    const hex = this.#context.entropy.hex(32)
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  }
}

function sqlError(message: string): CloudflareError {
  return new CloudflareError(400, { code: 7500, message: `${message}: SQLITE_ERROR` })
}

function hasSeveralStatements(sql: string): boolean {
  const bare = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\//g, ' ')
  return /;\s*\S/.test(bare)
}

function totalChanges(engine: DatabaseSync): number {
  return Number(first(engine, 'SELECT total_changes()'))
}

function first(engine: DatabaseSync, sql: string): SQLOutputValue {
  return Object.values(engine.prepare(sql).get() ?? {})[0] ?? null
}
