import { readFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runJob } from '../sandbox/runner.ts'
import { createSandbox } from '../sandbox/sandbox.ts'
import { seedAccessAutomation } from '../sandbox/seed-access.ts'
import { seedBootstrapAccount } from '../sandbox/seed.ts'
import { serveSandbox } from '../sandbox/server.ts'
import { configure, HTTP_PROBE, withD1, type Keys } from '../simulation/configurations.ts'
import { addLargeRotation, rotateR2KeyAt, workerSecret } from '../simulation/large-rotation.ts'
import { ACCESS, BOOTSTRAP } from '../simulation/world.ts'

export const root = join(import.meta.dirname, '..')

/** What one rotation took. */
export interface Measured {
  readonly ms: number
  readonly peakMb: number
  readonly calls: number
  /** Round trips. */
  readonly chain: number
}

/** How a measured rotation differs from another. */
export interface Course {
  readonly latencyMs: number
  /** Rotations that came before it. */
  readonly before: number
}

/** What a configuration is made for. */
interface Place {
  readonly origin: string
  readonly directory: string
}

const UPLOAD = workerSecret('upload')

/** Configurations that are measured. */
const CONFIGURATIONS = {
  /** The pair with a lock in Workers KV. */
  pair: () => BOOTSTRAP,
  /** The pair with a lock in D1. */
  'pair-d1': () => withD1(BOOTSTRAP),
  /** The Access service token with one probe over HTTP. */
  access: () => configure(ACCESS, { credential: { verify: [HTTP_PROBE] } }),
  /** The R2 key in two environments, in two Workers and by a command. */
  large: (place: Place) => rotateR2Key(place, [UPLOAD]),
  /** The same without the second Worker. */
  'large-less': (place: Place) => rotateR2Key(place, [])
} as const

/** Name of a configuration. */
export type Kind = keyof typeof CONFIGURATIONS

function rotateR2Key({ origin, directory }: Place, more: readonly Keys[]): string {
  const command = {
    type: 'command',
    label: 'a file',
    write: 'cat >"$STORE"',
    env: { STORE: join(directory, 'store.json') }
  }
  const verify = [{ s3: { bucket: 'files', endpoint: `${origin}/r2` } }]
  return configure(rotateR2KeyAt(...more, command), { credential: { verify } })
}

/** Runs rotations of the built action, and measures the last one. */
export async function measure(kind: Kind, { latencyMs, before }: Course): Promise<Measured> {
  const sandbox = createSandbox()
  const account = seedBootstrapAccount(sandbox)
  const automation = seedAccessAutomation(sandbox, account)
  if (kind.startsWith('large')) addLargeRotation({ sandbox, account })
  account.run.status = 'completed'
  sandbox.cloudflare.kv.limitsWrites = false
  const server = await serveSandbox(sandbox)
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  const peakFile = join(directory, 'peak')
  const environment = kind === 'access' ? automation.environment : account.environment
  const { apiToken } = kind === 'access' ? automation : account
  const rotate = async (): Promise<number> => {
    const started = performance.now()
    const { repository } = account
    const { main } = await runJob({
      action: root,
      repository: repository.fullName,
      runId: repository.addRun({ status: 'completed' }).id,
      githubApiUrl: server.githubApiUrl,
      githubToken: account.githubToken.value,
      inputs: {
        config: `\n${CONFIGURATIONS[kind]({ origin: server.origin, directory })}`,
        force: 'true',
        'cloudflare-api-url': server.cloudflareApiUrl,
        'github-secrets-token': account.githubSecretsToken.value
      },
      env: {
        ...sandbox.github.environmentSecrets(repository.fullName, environment),
        CLOUDFLARE_API_TOKEN: apiToken.value,
        R2_EXPLORER_BASE_URL: server.origin + automation.servicePath,
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
