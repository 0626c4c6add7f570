/** `npm run bench`: start-up, size, memory, calls and round trips of the built action, against bare Node in the same run. Prints a table. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSandbox } from '../sandbox/sandbox.ts'
import { seedAccessAutomation } from '../sandbox/seed-access.ts'
import { seedBootstrapAccount } from '../sandbox/seed.ts'
import { serveSandbox } from '../sandbox/server.ts'
import { runJob } from '../sandbox/runner.ts'
import { withD1 } from '../simulation/configurations.ts'
import { ACCESS, BOOTSTRAP } from '../simulation/world.ts'

const root = join(import.meta.dirname, '..')
const RUNS = 9
const LATENCY_MS = 50

interface Row {
  readonly what: string
  readonly measured: string
  readonly bound: string
  readonly within: boolean
}

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
  const bytes = statSync(join(root, 'dist/index.js')).size
  return {
    what: 'dist/index.js',
    measured: `${(bytes / 1e6).toFixed(2)} MB`,
    bound: '1.5 MB',
    within: bytes <= 1.5e6
  }
}

interface Measured {
  readonly ms: number
  readonly peakMb: number
  readonly calls: number
  readonly chain: number
}

/** Configurations that are measured: the pair with a lock in Workers KV or in D1, and the Access service token with one probe over HTTP. */
const CONFIGURATIONS = {
  pair: BOOTSTRAP,
  'pair-d1': withD1(BOOTSTRAP),
  access: ACCESS.replace(/^ +- run: .*\n/gm, '')
}

type Kind = keyof typeof CONFIGURATIONS

/** How a measured rotation differs from another. */
interface Course {
  readonly latencyMs: number
  /** Rotations that came before it. */
  readonly before: number
}

async function measure(kind: Kind, { latencyMs, before }: Course): Promise<Measured> {
  const sandbox = createSandbox()
  const account = seedBootstrapAccount(sandbox)
  const automation = seedAccessAutomation(sandbox, account)
  account.run.status = 'completed'
  sandbox.cloudflare.kv.limitsWrites = false
  const server = await serveSandbox(sandbox)
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  const peakFile = join(directory, 'peak')
  const { repository } = account
  const own =
    kind === 'access'
      ? {
          CLOUDFLARE_API_TOKEN: automation.apiToken.value,
          R2_EXPLORER_BASE_URL: server.origin + automation.servicePath
        }
      : { CLOUDFLARE_API_TOKEN: account.apiToken.value }
  const rotate = async (): Promise<number> => {
    const started = performance.now()
    const { main } = await runJob({
      action: root,
      repository: repository.fullName,
      runId: repository.addRun({ status: 'completed' }).id,
      githubApiUrl: server.githubApiUrl,
      githubToken: account.githubToken.value,
      inputs: {
        config: CONFIGURATIONS[kind],
        force: 'true',
        'cloudflare-api-url': server.cloudflareApiUrl,
        'github-secrets-token': account.githubSecretsToken.value
      },
      env: {
        ...sandbox.github.environmentSecrets(
          repository.fullName,
          kind === 'access' ? automation.environment : account.environment
        ),
        ...own,
        NODE_OPTIONS: `--import=${peakRecorder(peakFile)}`
      }
    })
    if (main.outputs['outcome'] !== 'rotated') throw new Error(`The rotation did not succeed:\n${main.log}`)
    return performance.now() - started
  }
  try {
    for (let done = 0; done < before; done++) await rotate()
    sandbox.latencyMs = latencyMs
    sandbox.transcript.clear()
    const ms = await rotate()
    return {
      ms,
      peakMb: Number(readFileSync(peakFile, 'utf8')) / 1024,
      calls: sandbox.transcript.calls.length,
      chain: sandbox.transcript.roundTrips()
    }
  } finally {
    await server.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A module that writes the highest resident set size, in KiB, when the process of main ends; post runs after it and does nothing. */
function peakRecorder(file: string): string {
  const code =
    "import { writeFileSync, existsSync } from 'node:fs';" +
    `process.on('exit', () => { if (!existsSync(${JSON.stringify(file)}) || process.env.STATE_nonce === undefined) writeFileSync(${JSON.stringify(file)}, String(process.resourceUsage().maxRSS)) })`
  return `data:text/javascript,${encodeURIComponent(code)}`
}

async function rotation(
  kind: Kind,
  what: string,
  { before, ...bounds }: { readonly before: number; readonly calls?: number; readonly chain: number }
): Promise<readonly Row[]> {
  const quick: Measured[] = []
  const slow: Measured[] = []
  for (let index = 0; index < 3; index++) {
    quick.push(await measure(kind, { latencyMs: 0, before }))
    slow.push(await measure(kind, { latencyMs: LATENCY_MS, before }))
  }
  const peak = median([...quick, ...slow].map(({ peakMb }) => peakMb))
  const calls = Math.max(...slow.map((one) => one.calls))
  const chain = Math.max(...slow.map((one) => one.chain))
  const extra = median(slow.map(({ ms }) => ms)) - median(quick.map(({ ms }) => ms))
  return [
    { what: `${what}: peak memory`, measured: `${peak.toFixed(0)} MB`, bound: '110 MB', within: peak <= 110 },
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

function print(rows: readonly Row[]): void {
  const all = [{ what: 'what', measured: 'measured', bound: 'at most', within: true }, ...rows]
  const width = (key: 'what' | 'measured' | 'bound'): number => Math.max(...all.map((row) => row[key].length))
  all.forEach((row, index) => {
    const mark = index === 0 ? '' : row.within ? 'yes' : 'NO'
    console.log(
      `${row.what.padEnd(width('what'))}  ${row.measured.padEnd(width('measured'))}  ${row.bound.padEnd(width('bound'))}  ${index === 0 ? 'within' : mark}`
    )
  })
}

console.log(`Node ${process.version}, median of ${RUNS} starts and of 3 rotations\n`)
print([
  startUp(),
  size(),
  ...(await rotation('pair', 'rotation of the pair, lock in Workers KV', { before: 2, calls: 47, chain: 9 })),
  ...(await rotation('pair-d1', 'rotation of the pair, lock in D1', { before: 2, calls: 47, chain: 8 })),
  // The first rotation checks, reads again and renames tokens that were made by hand, once: two round trips more.
  ...(await rotation('pair', 'first rotation of the pair', { before: 1, calls: 51, chain: 11 })),
  ...(await rotation('access', 'rotation of an Access service token', { before: 1, chain: 17 })),
  ...(await rotation('access', 'first rotation of an Access service token', { before: 0, chain: 19 }))
])
