/**
 * Simulates years of each setting: `npm run years -- [--years N] [--days N] [--seed N] [--setting TEXT] [--workers N]`. Exits with 1 if a setting
 * lapsed that must not, or bore less than is documented.
 */
import { Worker } from 'node:worker_threads'
import { parseArgs } from 'node:util'
import { SETTINGS, type Setting } from './settings.ts'
import { formatDetails, formatTable, sumYears, totalLapsed } from './table.ts'
import type { YearResult } from './year.ts'

const { values } = parseArgs({
  options: {
    years: { type: 'string', default: '1' },
    days: { type: 'string', default: '365' },
    seed: { type: 'string', default: '1' },
    setting: { type: 'string', default: '' },
    workers: { type: 'string', default: '1' }
  }
})
process.exit(await main())

/** Year that a worker simulates. */
export interface YearTask {
  readonly setting: string
  readonly seed: number
  readonly days: number
}

async function main(): Promise<number> {
  const startedAt = performance.now()
  const settings = SETTINGS.filter(({ name }) =>
    values.setting.split(',').some((text) => name.includes(text))
  )
  if (settings.length === 0) throw new Error(`no setting has ${values.setting} in its name`)
  const seeds = Array.from({ length: readCount('years') }, (_, year) => readCount('seed') + year)
  const days = readCount('days')
  const tasks = settings.flatMap(({ name }) => seeds.map((seed): YearTask => ({ setting: name, seed, days })))
  const results = await simulate(tasks, readCount('workers'))
  const lines = settings.map((setting) => ({
    setting,
    sums: sumYears(results.filter(({ setting: name }) => name === setting.name))
  }))
  console.log(`\n${formatTable(lines)}\n`)
  for (const { sums } of lines) console.log(formatDetails(sums))
  const wrong = lines.flatMap(({ setting, sums }) => findWrong(setting, sums))
  for (const line of wrong) console.log(`WRONG ${line}`)
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`${tasks.length} years of ${days} days from seed ${values.seed} in ${seconds.toFixed(0)} s`)
  return wrong.length === 0 ? 0 : 1
}

function findWrong({ name, holds }: Setting, sums: YearResult): readonly string[] {
  const broken = { always: totalLapsed(sums), 'outside outages': sums.lapsed.otherwise, not: 0 }[holds]
  return [
    ...(broken > 0 ? [`${name} must not lapse ${holds}: ${broken.toFixed(1)} minutes`] : []),
    ...(sums.contradictions > 0
      ? [`${name} lapsed ${sums.contradictions} times within what it survives`]
      : [])
  ]
}

/** Runs the years in workers; the results do not depend on their number. */
async function simulate(tasks: readonly YearTask[], count: number): Promise<readonly YearResult[]> {
  const results = new Map<YearTask, YearResult>()
  const left = [...tasks]
  const workers = Array.from({ length: count }, () => new Worker(new URL('./worker.ts', import.meta.url)))
  await Promise.all(
    workers.map(async (worker) => {
      for (let task = left.shift(); task !== undefined; task = left.shift()) {
        const result = await ask(worker, task)
        results.set(task, result)
        console.error(`${task.setting}, seed ${task.seed}: ${totalLapsed(result).toFixed(1)} minutes lapsed`)
      }
      await worker.terminate()
    })
  )
  return tasks.flatMap((task) => results.get(task) ?? [])
}

function ask(worker: Worker, task: YearTask): Promise<YearResult> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (result: YearResult) => {
      worker.off('error', reject)
      resolve(result)
    })
    worker.postMessage(task)
  })
}

function readCount(option: 'years' | 'days' | 'seed' | 'workers'): number {
  const count = Number(values[option])
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${option} is a whole number from 1`)
  return count
}
