import type { LockState } from '../rotation-lock.ts'
import { NEW_STATE, type ClockState } from '../rules/state.ts'

type Sql = LockState['storage']['sql']

/** Parts of the state that have a row for each entry. */
const PARTS = ['schedules', 'credentials', 'alerts'] as const
const REST = 'clock'

/** The clock's memory in SQLite: a row for each schedule, credential and alert. Only rows that changed are written. */
export class Memory {
  readonly #sql: Sql
  readonly #written = new Map<string, string>()

  constructor(sql: Sql) {
    this.#sql = sql
    sql.exec('CREATE TABLE IF NOT EXISTS memory (key TEXT PRIMARY KEY, value TEXT NOT NULL)')
    for (const { key, value } of sql.exec('SELECT key, value FROM memory').toArray())
      this.#written.set(String(key), String(value))
  }

  load(): ClockState {
    const rest = this.#written.get(REST)
    const parts = Object.fromEntries(PARTS.map((part) => [part, this.#part(part)]))
    return { ...NEW_STATE, ...(rest === undefined ? {} : (JSON.parse(rest) as ClockState)), ...parts }
  }

  /** Nothing is awaited here, so that all rows are written in one transaction. */
  save({ schedules, credentials, alerts, ...rest }: ClockState): void {
    const rows = new Map<string, string>([[REST, JSON.stringify(rest)]])
    for (const [part, entries] of Object.entries({ schedules, credentials, alerts })) {
      for (const [key, value] of Object.entries(entries)) rows.set(`${part}/${key}`, JSON.stringify(value))
    }
    for (const [key, value] of rows) {
      if (this.#written.get(key) === value) continue
      this.#sql.exec('INSERT OR REPLACE INTO memory (key, value) VALUES (?, ?)', key, value)
      this.#written.set(key, value)
    }
    for (const key of [...this.#written.keys()].filter((one) => !rows.has(one))) {
      this.#sql.exec('DELETE FROM memory WHERE key = ?', key)
      this.#written.delete(key)
    }
  }

  #part(part: (typeof PARTS)[number]): Record<string, unknown> {
    const prefix = `${part}/`
    const entries = [...this.#written]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), JSON.parse(value) as unknown])
    return Object.fromEntries(entries) as Record<string, unknown>
  }
}
