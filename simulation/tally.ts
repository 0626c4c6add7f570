import { EXCEPTIONS } from './exceptions.ts'
import type { Verdict } from './trial.ts'

/** Totals of verdicts: trials by kind and fault, violations, exceptions. */
export class Tally {
  trials = 0
  runs = 0
  calls = 0
  readonly failed: Verdict[] = []
  readonly #counts = new Map<string, Map<string, number>>()
  readonly #excused = new Map<string, number>()

  add(verdict: Verdict): void {
    const { mode, kind, fault, runs, calls, violations, excused } = verdict
    this.trials += 1
    this.runs += runs
    this.calls += calls
    if (violations.length > 0) this.failed.push(verdict)
    const row = mode === 'exhaustive' ? kind : `${mode} ${kind.split(',')[0]}`
    const column = mode === 'exhaustive' ? fault : (/lock (\w+)/.exec(kind)?.[1] ?? fault)
    const counts = this.#counts.get(row) ?? new Map<string, number>()
    counts.set(column, (counts.get(column) ?? 0) + 1)
    this.#counts.set(row, counts)
    for (const id of excused) this.#excused.set(id, (this.#excused.get(id) ?? 0) + 1)
  }

  /** Ids of exceptions that no trial met. */
  get unused(): readonly string[] {
    return EXCEPTIONS.map(({ id }) => id).filter((id) => !this.#excused.has(id))
  }

  /** Formats the trials by kind and fault as lines of a table. */
  table(): string {
    const rows = [...this.#counts].sort(([a], [b]) => a.localeCompare(b))
    const columns = [...new Set(rows.flatMap(([, counts]) => [...counts.keys()]))]
    const width = Math.max(...rows.map(([name]) => name.length), 4)
    const header = [''.padEnd(width), ...columns].join('  ')
    const lines = rows.map(([name, counts]) =>
      [
        name.padEnd(width),
        ...columns.map((column) => String(counts.get(column) ?? '').padStart(column.length))
      ].join('  ')
    )
    return [header, ...lines].join('\n')
  }

  /** Lists how often each exception was met, with its reason. */
  exceptions(): string {
    return EXCEPTIONS.map(
      ({ id, reason }) => `  ${id}: ${this.#excused.get(id) ?? 0} trials. ${reason}`
    ).join('\n')
  }
}
