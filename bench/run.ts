/** `npm run bench`: start-up, size, memory, calls and round trips of the built action, against bare Node in the same run. Prints a table, and fails if a bound is exceeded. Names of groups, as `fleet`, take only these. */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { measureFleet } from './fleet.ts'
import { measure, root, type Kind, type Measured } from './measure.ts'
import type { Row } from './row.ts'

const RUNS = 9
const LATENCY_MS = 50
const LARGE = 'rotation of an R2 key in 2 environments, 2 Workers and by a command'

/** Milliseconds that a process takes from start to end, median of several. */
function medianMs(args: readonly string[], env: Record<string, string>): number {
  const times = Array.from({ length: RUNS }, () => {
    const started = performance.now()
    spawnSync(process.execPath, args, { env, stdio: 'ignore' })
    return performance.now() - started
  })
  return median(times)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

function startUp(): Row {
  const env = { PATH: process.env['PATH'] ?? '' }
  const bare = medianMs(['-e', '0'], env)
  const action = medianMs([join(root, 'dist/index.js')], env)
  const ratio = action / bare
  return {
    what: 'start-up to the first error, against `node -e 0`',
    measured: `${ratio.toFixed(2)} x (${action.toFixed(0)} ms / ${bare.toFixed(0)} ms)`,
    bound: '3.0 x',
    within: ratio <= 3
  }
}

function size(): Row {
  const files = readdirSync(join(root, 'dist')).filter((file) => /\.[cm]?js$/.test(file))
  const bytes = files.reduce((sum, file) => sum + statSync(join(root, 'dist', file)).size, 0)
  return {
    what: 'code in dist',
    measured: `${(bytes / 1e6).toFixed(2)} MB`,
    bound: '2 MB',
    within: bytes <= 2e6
  }
}

/** Bounds of a rotation, and the number of rotations before it. */
interface Bounds {
  readonly before: number
  readonly calls?: number
  readonly chain: number
  readonly peakMb?: number
}

async function rotation(
  kind: Kind,
  what: string,
  { before, peakMb = 110, ...bounds }: Bounds
): Promise<readonly Row[]> {
  const quick: Measured[] = []
  const slow: Measured[] = []
  for (let index = 0; index < 3; index++) {
    quick.push(await measure(kind, { latencyMs: 0, before }))
    slow.push(await measure(kind, { latencyMs: LATENCY_MS, before }))
  }
  const peak = median([...quick, ...slow].map(({ peakMb }) => peakMb))
  const calls = Math.max(...slow.map((one) => one.calls))
  const chain = fewestRoundTrips(slow)
  const extra = median(slow.map(({ ms }) => ms)) - median(quick.map(({ ms }) => ms))
  return [
    {
      what: `${what}: peak memory`,
      measured: `${peak.toFixed(0)} MB`,
      bound: `${peakMb} MB`,
      within: peak <= peakMb
    },
    {
      what: `  calls`,
      measured: String(calls),
      bound: bounds.calls === undefined ? '' : String(bounds.calls),
      within: bounds.calls === undefined || calls <= bounds.calls
    },
    {
      what: `  longest chain of round trips at ${LATENCY_MS} ms a call`,
      measured: String(chain),
      bound: String(bounds.chain),
      within: chain <= bounds.chain
    },
    {
      what: `  time beyond that at zero latency, in round trips`,
      measured: `${(extra / LATENCY_MS).toFixed(1)} (${extra.toFixed(0)} ms)`,
      bound: String(bounds.chain),
      within: extra / LATENCY_MS <= bounds.chain
    }
  ]
}

/** A call that starts late on a busy machine only seems to wait for another one, so the fewest of several runs count. */
function fewestRoundTrips(runs: readonly Measured[]): number {
  return Math.min(...runs.map(({ chain }) => chain))
}

/** Round trips that the second Worker takes: none, since the rotation without it has as many. */
async function oneMoreDestination(before: number): Promise<Row> {
  const runs: Record<'large' | 'large-less', Measured[]> = { large: [], 'large-less': [] }
  for (let index = 0; index < 4; index++)
    for (const kind of ['large', 'large-less'] as const)
      runs[kind].push(await measure(kind, { latencyMs: 2 * LATENCY_MS, before }))
  const [all, fewer] = [fewestRoundTrips(runs.large), fewestRoundTrips(runs['large-less'])]
  return {
    what: '  round trips that the second Worker takes',
    measured: `${all - fewer} (${all}, without it ${fewer})`,
    bound: '0',
    within: all <= fewer
  }
}

/** Measurements by name; `npm run bench -- fleet` takes only that one. */
const GROUPS: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  start: () => Promise.resolve([startUp(), size()]),
  pair: async () => [
    ...(await rotation('pair', 'rotation of the pair, lock in Workers KV', {
      before: 2,
      calls: 47,
      chain: 9
    })),
    ...(await rotation('pair-d1', 'rotation of the pair, lock in D1', { before: 2, calls: 47, chain: 8 })),
    // The first rotation checks, reads again and renames tokens that were made by hand, once: two round trips more.
    ...(await rotation('pair', 'first rotation of the pair', { before: 1, calls: 51, chain: 11 }))
  ],
  access: async () => [
    ...(await rotation('access', 'rotation of an Access service token', { before: 1, chain: 17 })),
    ...(await rotation('access', 'first rotation of an Access service token', { before: 0, chain: 19 }))
  ],
  large: async () => [
    ...(await rotation('large', LARGE, { before: 1, calls: 76, chain: 13, peakMb: 115 })),
    await oneMoreDestination(1),
    ...(await rotation('large', `first ${LARGE}`, { before: 0, calls: 78, chain: 16, peakMb: 115 })),
    await oneMoreDestination(0)
  ],
  fleet: () => measureFleet(root)
}

const COLUMNS = { what: 88, measured: 26, bound: 13 } as const

function print({ what, measured, bound }: Omit<Row, 'within'>, mark: string): void {
  console.log(
    `${what.padEnd(COLUMNS.what)}  ${measured.padEnd(COLUMNS.measured)}  ${bound.padEnd(COLUMNS.bound)}  ${mark}`
  )
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => GROUPS[name] === undefined)
if (unknown.length > 0) {
  console.error(`There is no measurement ${unknown.join(', ')}; there are ${Object.keys(GROUPS).join(', ')}.`)
  process.exit(2)
}
console.log(
  `Node ${process.version}, median of ${RUNS} starts and of 3 rotations; the whole takes some minutes\n`
)
print({ what: 'what', measured: 'measured', bound: 'bound' }, 'within')
for (const [name, measured] of Object.entries(GROUPS)) {
  if (names.length > 0 && !names.includes(name)) continue
  // Each group is printed when it is known, so that nobody has to guess whether it hangs.
  for (const row of await measured()) {
    print(row, row.within ? 'yes' : 'NO')
    if (!row.within) process.exitCode = 1
  }
}
