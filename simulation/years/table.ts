import { HOUR } from '../times.ts'
import type { Setting } from './settings.ts'
import type { YearResult } from './year.ts'

/** Sums of all simulated years of a setting. */
export interface Sums extends YearResult {
  readonly years: number
}

/** Sums the years of one setting. */
export function sumYears(results: readonly YearResult[]): Sums {
  const [first, ...others] = results
  if (first === undefined) throw new Error('no year was simulated')
  const start: Sums = { ...first, years: 1 }
  return others.reduce(
    (sum: Sums, one): Sums => ({
      setting: sum.setting,
      years: sum.years + 1,
      lapsed: {
        inOutages: sum.lapsed.inOutages + one.lapsed.inOutages,
        afterOutages: sum.lapsed.afterOutages + one.lapsed.afterOutages,
        otherwise: sum.lapsed.otherwise + one.lapsed.otherwise
      },
      runs: addCounts(sum.runs, one.runs),
      alerts: addCounts(sum.alerts, one.alerts),
      byHand: sum.byHand + one.byHand,
      longestGapMs: Math.max(sum.longestGapMs, one.longestGapMs),
      contradictions: sum.contradictions + one.contradictions
    }),
    start
  )
}

type Counts = Readonly<Record<string, number>>

function addCounts(a: Counts, b: Counts): Counts {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return Object.fromEntries([...keys].map((key) => [key, (a[key] ?? 0) + (b[key] ?? 0)]))
}

/** Counts everything. */
export function total(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

/** Minutes of all kinds. */
export function totalLapsed({ lapsed }: Pick<YearResult, 'lapsed'>): number {
  return lapsed.inOutages + lapsed.afterOutages + lapsed.otherwise
}

const HEAD = [
  ...['setting', 'starts', 'every', 'ttl', 'must not lapse'],
  ...['minutes lapsed in outages', 'after them', 'otherwise'],
  ...['by hand', 'alerts', 'runs', 'longest gap', 'survives']
]

/** Formats the results as a table of Markdown: a line for each setting. */
export function formatTable(lines: readonly { readonly setting: Setting; readonly sums: Sums }[]): string {
  const rows = lines.map(({ setting, sums: { lapsed, ...sums } }) => [
    ...[setting.name, setting.starts, setting.every ?? 'each run', setting.ttl],
    setting.holds === 'not' ? '' : setting.holds,
    ...[lapsed.inOutages, lapsed.afterOutages, lapsed.otherwise].map(minutes),
    ...[sums.byHand, total(sums.alerts), total(sums.runs)].map(String),
    ...[sums.longestGapMs, setting.survivesMs].map(hours)
  ])
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0))
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(HEAD), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** Formats what happened, behind the numbers of a line. */
export function formatDetails({ setting, runs, alerts }: Sums): string {
  const list = (counts: Counts): string =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')
  return `${setting}: runs ${list(runs)}; alerts ${list(alerts) || 'none'}`
}

/** A part of a minute is not nothing. */
function minutes(value: number): string {
  return value > 0 && value < 1 ? '<1' : String(Math.round(value))
}

function hours(ms: number): string {
  return `${(ms / HOUR).toFixed(1)} h`
}
