import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { BOOTSTRAP } from '../../sandbox/configurations.ts'
import type { RunRecord } from '../../src/rotation/record/schema.ts'
import { root, type Stage } from './stage.ts'

const CONFIG = '.github/rotation.yml'

/** What a shell command differs in. */
export interface ShellOptions {
  readonly env?: Readonly<Record<string, string>>
  /** More files of the folder, by path. */
  readonly files?: Readonly<Record<string, string>>
  /** Permissions of the files. */
  readonly mode?: number
  readonly onStart?: (child: ChildProcess, phase: 'main') => void
}

/** How a shell command ended. */
export interface ShellResult {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `rotate-action` as built, in a fresh folder with the configuration of the stage, as somebody at a shell does. */
export async function typeCommand(
  stage: Stage,
  args: readonly string[],
  { env = {}, files = {}, mode = 0o600, onStart }: ShellOptions = {}
): Promise<ShellResult> {
  const directory = mkdtempSync(join(tmpdir(), 'shell-'))
  try {
    for (const [path, text] of Object.entries({ [CONFIG]: BOOTSTRAP, ...files })) {
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      writeFileSync(join(directory, path), text, { mode })
    }
    const url = ['--cloudflare-api-url', stage.server.cloudflareApiUrl]
    const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args, ...url], {
      cwd: directory,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: directory,
        GITHUB_REPOSITORY: stage.account.repository.fullName,
        GITHUB_API_URL: stage.server.githubApiUrl,
        GITHUB_TOKEN: stage.account.githubToken.value,
        GITHUB_SECRETS_TOKEN: stage.account.githubSecretsToken.value,
        ...env
      },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    onStart?.(child, 'main')
    return await finish(child)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Waits for a process and collects what it writes. */
export function finish(child: ChildProcess): Promise<ShellResult> {
  const out: string[] = []
  const err: string[] = []
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => out.push(chunk))
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => err.push(chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, signal) =>
      resolve({ exitCode, signal, stdout: out.join(''), stderr: err.join('') })
    )
  })
}

/** The record that `--json` printed. */
export function recordOf({ stdout, stderr }: ShellResult): RunRecord {
  if (stdout === '') throw new Error(`there is no record: ${stderr}`)
  return JSON.parse(stdout) as RunRecord
}
