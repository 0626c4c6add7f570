import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SandboxClock } from '../sandbox/clock.ts'
import { runJob } from '../sandbox/runner.ts'
import { createSandbox } from '../sandbox/sandbox.ts'
import { seedBootstrapAccount } from '../sandbox/seed.ts'
import { serveSandbox } from '../sandbox/server.ts'
import { addFleet, fleetConfiguration, fleetEnvironment } from '../simulation/fleet.ts'

/** How much faster time runs for the action and the sandbox, so that the waits for a rate limit take seconds. */
const SPEED = 10

/** Runs a fleet with the built action, on fast time, and returns its highest resident set size in MB. */
export async function measureFleetMemory(action: string, count: number): Promise<number> {
  const startedAt = Date.now()
  const now = (): number => startedAt + (Date.now() - startedAt) * SPEED
  const clock: SandboxClock = {
    now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms / SPEED))
  }
  const sandbox = createSandbox({ clock })
  const account = seedBootstrapAccount(sandbox)
  account.run.status = 'completed'
  sandbox.cloudflare.kv.limitsWrites = false
  addFleet({ sandbox, account }, count)
  const server = await serveSandbox(sandbox)
  const directory = mkdtempSync(join(tmpdir(), 'bench-fleet-'))
  const peakFile = join(directory, 'peak')
  try {
    const { main } = await runJob({
      action,
      repository: account.repository.fullName,
      runId: account.repository.addRun({ status: 'completed' }).id,
      githubApiUrl: server.githubApiUrl,
      githubToken: account.githubToken.value,
      inputs: {
        config: `\n${fleetConfiguration(count)}\n`,
        'cloudflare-api-url': server.cloudflareApiUrl,
        'github-secrets-token': account.githubSecretsToken.value
      },
      env: {
        ...fleetEnvironment({ sandbox, account }),
        NODE_OPTIONS: `--import=${preload({ startedAt, peakFile })}`
      }
    })
    if (main.outputs['outcome'] !== 'rotated')
      throw new Error(`The fleet did not rotate:\n${main.log.slice(-2_000)}`)
    if (!existsSync(peakFile)) throw new Error('The process did not write its peak')
    return Number(readFileSync(peakFile, 'utf8')) / 1024
  } finally {
    await server.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A module that makes time run faster, and writes the highest resident set size, in KiB, when the process of main ends. */
function preload({ startedAt, peakFile }: { startedAt: number; peakFile: string }): string {
  const file = JSON.stringify(peakFile)
  const code = `
import { existsSync, writeFileSync } from 'node:fs'
const [realNow, realMonotonic, realTimeout] = [Date.now, performance.now.bind(performance), setTimeout]
Date.now = () => ${startedAt} + (realNow() - ${startedAt}) * ${SPEED}
performance.now = () => realMonotonic() * ${SPEED}
globalThis.setTimeout = (work, ms, ...given) => realTimeout(work, ms / ${SPEED}, ...given)
process.on('exit', () => { if (!existsSync(${file})) writeFileSync(${file}, String(process.resourceUsage().maxRSS)) })`
  return `data:text/javascript,${encodeURIComponent(code)}`
}
