import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGithubContract } from '../../sandbox/github-contract.ts'
import type { Repository } from '../../sandbox/github/repository.ts'
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.ts'
import { serveSandbox, type SandboxServer } from '../../sandbox/server.ts'
import { SecretRegistry } from '../../src/kernel/secret.ts'
import { createAppKey } from '../sandbox/app-key.ts'
import { finish, type ShellResult } from './shell.ts'
import { root } from './stage.ts'

/** The account, which its own tokens cannot look up. */
export const ACCOUNT = 'a1b2c3d4e5f60718293a4b5c6d7e8f90'

/** Permissions of a set-up token that may make everything. */
export const ALL = [
  'Account API Tokens Write',
  'Workers KV Storage Write',
  'D1 Write',
  'Secrets Store Write',
  'Access: Service Tokens Write'
]

/** An empty account, an empty repository with its administrator's token, and a registered App. */
export class InitStage {
  readonly sandbox: Sandbox
  readonly server: SandboxServer
  readonly repository: Repository
  readonly directory = mkdtempSync(join(tmpdir(), 'init-'))
  readonly app: { readonly id: number; permissions: object; repositories: readonly string[] }
  readonly setupToken: string
  readonly shown: string[] = []
  readonly #githubToken: string
  readonly #assert: () => void

  private constructor(
    sandbox: Sandbox,
    server: SandboxServer,
    assert: () => void,
    groups: readonly string[]
  ) {
    this.sandbox = sandbox
    this.server = server
    this.#assert = assert
    const { github, cloudflare } = sandbox
    github.addOrganization('acme')
    this.repository = github.addRepository('acme/ops', { isPrivate: true })
    const key = createAppKey()
    this.app = github.addApp({
      slug: 'ops-rotation',
      permissions: { secrets: 'write', environments: 'write', metadata: 'read' },
      repositories: ['acme/ops'],
      publicKeys: [key.publicKey]
    })
    writeFileSync(join(this.directory, 'app.pem'), key.pkcs1, { mode: 0o600 })
    this.#githubToken = github.addToken({
      kind: 'pat',
      name: 'ada',
      permissions: {
        administration: 'write',
        secrets: 'write',
        environments: 'write',
        actions: 'read',
        contents: 'read',
        issues: 'write'
      },
      repositories: ['acme/ops']
    }).value
    this.setupToken = cloudflare.tokens.seed({ name: 'set-up', groups: [...groups] }).value
  }

  static async open(groups: readonly string[] = ALL): Promise<InitStage> {
    const sandbox = createSandbox({ accountId: ACCOUNT })
    sandbox.cloudflare.kv.limitsWrites = false
    const contract = await createGithubContract()
    const server = await serveSandbox({ handle: contract.wrap(sandbox.handle) })
    return new InitStage(sandbox, server, () => contract.assert(), groups)
  }

  async close(): Promise<void> {
    await this.server.close()
    rmSync(this.directory, { recursive: true, force: true })
    this.#assert()
  }

  /** The environment of the shell. */
  get env(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.directory,
      GITHUB_API_URL: this.server.githubApiUrl,
      GITHUB_REPOSITORY: 'acme/ops',
      GITHUB_TOKEN: this.#githubToken,
      CLOUDFLARE_SETUP_TOKEN: this.setupToken
    }
  }

  /** Arguments by which the App is given. */
  get appArguments(): readonly string[] {
    return ['--app-client-id', String(this.app.id), '--app-private-key-file', 'app.pem']
  }

  /** Types `rotate-action init` without a terminal. @param account null names none */
  async init(
    args: readonly string[],
    {
      env = {},
      account = ACCOUNT,
      onStart
    }: {
      env?: Readonly<Record<string, string>>
      account?: string | null
      onStart?: (child: ChildProcess) => void
    } = {}
  ): Promise<ShellResult> {
    const named = account === null ? [] : ['--account-id', account]
    return await this.#run(['init', ...named, ...args], env, onStart)
  }

  /** Types another command, with the values of the environment `rotation` and a token that may write secrets. */
  async type(args: readonly string[]): Promise<ShellResult> {
    return await this.#run(args, this.secrets)
  }

  async #run(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    onStart?: (child: ChildProcess) => void
  ): Promise<ShellResult> {
    const url = ['--cloudflare-api-url', this.server.cloudflareApiUrl]
    const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args, ...url], {
      cwd: this.directory,
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    onStart?.(child)
    const result = await finish(child)
    this.shown.push(`${result.stdout}\n${result.stderr}`)
    return result
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), 'utf8')
  }

  /** Values of the environment `rotation`. */
  get secrets(): Readonly<Record<string, string>> {
    return this.repository.environments.get('rotation')?.values ?? {}
  }

  /** Names of the account's tokens, without the set-up token. */
  get tokens(): readonly string[] {
    return this.sandbox.cloudflare.tokens.existing.map(({ name }) => name).filter((name) => name !== 'set-up')
  }

  /** Outputs that show a secret. */
  leaks(): readonly string[] {
    const keeper = new SecretRegistry(() => undefined)
    for (const value of [this.#githubToken, ...this.sandbox.cloudflare.tokens.all.map((one) => one.value)])
      keeper.register(value)
    return this.shown.filter((text) => keeper.redact(text) !== text || text.includes('PRIVATE KEY'))
  }
}
