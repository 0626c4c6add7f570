import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runJob, type JobResult } from '../../sandbox/runner.ts'
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.ts'
import { serveSandbox, type SandboxServer } from '../../sandbox/server.ts'
import type { Repository } from '../../sandbox/github/repository.ts'
import type { Permissions } from '../../sandbox/github/state.ts'
import { playWorkflow, type Played } from './played-workflow.ts'
import { namesIn, readQuickStart, type QuickStartStep } from './quick-start.ts'

const DAY_MS = 86_400_000
/** Where `action.yml` and `dist` are. */
const ACTION = join(import.meta.dirname, '../..')

/** One thing that the README tells a newcomer to make. */
export interface Thing {
  /** What it is, e.g. `secret` or `job permission`. */
  readonly kind: string
  readonly name: string
}

interface App {
  readonly clientId: string
  readonly privateKey: string
  readonly permissions: Readonly<Record<string, string>>
}

/**
 * Somebody with an empty Cloudflare account and an empty repository, who does what the README's quick start says, word by word, and may leave one
 * thing out.
 */
export class Newcomer {
  readonly sandbox: Sandbox
  readonly repository: Repository
  /** Everything that was to be made, in the order of the README. */
  readonly things: Thing[] = []
  readonly #leftOut: Thing | undefined
  /** What stands in the place of the README's own, by key of the configuration. */
  readonly #ids = new Map<string, string>()
  readonly #tokens = new Map<string, string>()
  readonly #variables: Record<string, string> = {}
  /** What is committed, by path. */
  readonly #files = new Map<string, string>()
  #app: App | undefined
  #server: SandboxServer | undefined

  constructor(leftOut?: Thing) {
    this.#leftOut = leftOut
    this.sandbox = createSandbox({ accountId: 'a1b2c3d4e5f60718293a4b5c6d7e8f90' })
    this.sandbox.cloudflare.kv.limitsWrites = false
    this.repository = this.sandbox.github.addRepository('acme/infrastructure')
    this.#ids.set('account-id', this.sandbox.cloudflare.accountId)
    this.#ids.set('repository', this.repository.fullName)
  }

  /** Does one step of the quick start; one that nobody here knows how to do is an error. */
  do({ title, ...step }: QuickStartStep): void {
    const hand = this.#hands[title]
    if (hand === undefined) throw new Error(`the README has a step that is not tried here: ${title}`)
    hand({ title, ...step })
  }

  /** Does the whole quick start, but for the commands that its last step ends with. */
  doEverything(): this {
    for (const step of readQuickStart()) this.do(step)
    return this
  }

  /** Starts the committed workflow by hand. */
  async start(inputs: Readonly<Record<string, string>>): Promise<Played> {
    const workflow = this.#files.get('.github/workflows/rotate.yml')
    if (workflow === undefined) throw new Error('there is no workflow to start')
    this.#server ??= await serveSandbox(this.sandbox)
    const { github } = this.sandbox
    const repositories = [this.repository.fullName]
    const workspace = mkdtempSync(join(tmpdir(), 'workspace-'))
    let permissions: Permissions = {}
    try {
      return await playWorkflow(workflow, {
        inputs,
        openEnvironment: (name) => {
          const vault = this.repository.environments.get(name) ?? this.repository.addEnvironment(name)
          return { secrets: vault.values, vars: this.#variables }
        },
        permissions: (granted) => {
          permissions = granted as Permissions
        },
        checkOut: () => {
          if (permissions['contents'] === undefined) throw new Error('Not Found - repository')
          for (const [path, text] of this.#files) {
            mkdirSync(join(workspace, dirname(path)), { recursive: true })
            writeFileSync(join(workspace, path), this.#withOwnIds(text))
          }
        },
        createAppToken: (given) => {
          const granted = this.#grant(given)
          return github.addToken({ kind: 'app', name: 'rotation', permissions: granted, repositories }).value
        },
        runAction: (step) => this.#runAction(step, { permissions, workspace })
      })
    } finally {
      rmSync(workspace, { recursive: true, force: true })
    }
  }

  async close(): Promise<void> {
    await this.#server?.close()
  }

  async #runAction(
    { inputs, env }: { inputs: Readonly<Record<string, string>>; env: Readonly<Record<string, string>> },
    { permissions, workspace }: { permissions: Permissions; workspace: string }
  ): Promise<JobResult> {
    const { github } = this.sandbox
    const run = this.repository.addRun({ event: 'workflow_dispatch' })
    const token = github.addToken({
      kind: 'github-token',
      name: 'github-actions',
      permissions,
      repositories: [this.repository.fullName]
    })
    const result = await runJob({
      action: ACTION,
      repository: this.repository.fullName,
      runId: run.id,
      githubApiUrl: this.#server!.githubApiUrl,
      githubToken: token.value,
      inputs: { ...inputs, 'cloudflare-api-url': this.#server!.cloudflareApiUrl },
      env,
      workspace
    })
    run.status = 'completed'
    return result
  }

  /** What GitHub answers the step that exchanges the key of an App for a token. */
  #grant({ 'client-id': id, 'private-key': key, ...asked }: Readonly<Record<string, string>>): Permissions {
    if ((id ?? '') === '') throw new Error('The client-id input must be set to a non-empty string.')
    if ((key ?? '') === '') throw new Error('The private-key input must be set to a non-empty string.')
    if (id !== this.#app?.clientId || key !== this.#app?.privateKey) throw new Error('Integration not found')
    const wanted = Object.entries(asked).map(([name, level]) => [name.replace(/^permission-/, ''), level])
    for (const [name, level] of wanted) {
      if (this.#app?.permissions[name!] !== level)
        throw new Error('The permissions requested are not granted to this installation.')
    }
    return Object.fromEntries(wanted) as Permissions
  }

  /** Makes a thing, unless it is the one that is left out. */
  #make(kind: string, name: string, make: () => void, otherwise?: () => void): void {
    this.things.push({ kind, name })
    const { kind: leftOutKind, name: leftOutName } = this.#leftOut ?? {}
    if (kind === leftOutKind && name === leftOutName) otherwise?.()
    else make()
  }

  readonly #hands: Readonly<Record<string, (step: QuickStartStep) => void>> = {
    'At Cloudflare': ({ blocks, rows }) => {
      for (const command of blocks.flatMap(({ text }) => text.trim().split('\n'))) this.#type(command)
      for (const { secret = '', permission = '', lifetime = '', 'what for': purpose = '' } of rows) {
        const [name = ''] = namesIn(secret)
        const seed = (group: string): void => {
          const ttl = lifetime.startsWith('a few days') ? { ttlMs: 3 * DAY_MS } : {}
          const token = this.sandbox.cloudflare.tokens.seed({ name: purpose, groups: [group], ...ttl })
          this.#tokens.set(name, token.value)
        }
        this.#make(
          'token permission',
          `${permission} of ${name}`,
          () => seed(permission),
          () => seed('Zone Read')
        )
      }
    },
    'A GitHub token that may write secrets': ({ paragraphs }) => {
      const first = paragraphs.find((paragraph) => paragraph.startsWith('- **First choice: a GitHub App.'))
      const permissions: Record<string, string> = {}
      for (const [, name] of first?.matchAll(/_([A-Z]\w+): read and write_/g) ?? []) {
        this.#make('App permission', name!, () => (permissions[name!.toLowerCase()] = 'write'))
      }
      this.#app = { clientId: 'Iv23liEXAMPLE', privateKey: '-----BEGIN RSA PRIVATE KEY-----', permissions }
    },
    'An environment': ({ paragraphs, rows }) => {
      const [, environment = ''] = /^Create the environment `([^`]+)`/m.exec(paragraphs.join('\n')) ?? []
      const vault =
        this.repository.environments.get(environment) ?? this.repository.addEnvironment(environment)
      for (const { kind = '', name: cell = '' } of rows) {
        for (const name of namesIn(cell)) {
          const value = this.#valueOf(name)
          this.#make(kind, name, () => {
            if (kind === 'variable') this.#variables[name] = value
            else vault.put(name, value)
          })
        }
      }
    },
    'The configuration': ({ paragraphs, blocks }) => {
      const [path = ''] = namesIn(paragraphs.join('\n'))
      const text = blocks.map((block) => block.text).join('')
      this.#make('file', path, () => this.#files.set(path, text))
    },
    'The workflow': ({ paragraphs, blocks }) => {
      const [path = ''] = namesIn(paragraphs.join('\n'))
      const lines = blocks
        .map(({ text }) => text)
        .join('')
        .split('\n')
      const kept: string[] = []
      for (const line of lines) {
        const [, permission] = /^ {6}(\w+): (?:read|write) #/.exec(line) ?? []
        const [, variable] = /^ {10}([A-Z_]+): \$\{\{ secrets\.\1 \}\}$/.exec(line) ?? []
        const keep = (): void => void kept.push(line)
        if (permission !== undefined) this.#make('job permission', permission, keep)
        else if (variable !== undefined) this.#make('variable of the step', variable, keep)
        else keep()
      }
      this.#files.set(path, kept.join('\n'))
    },
    'Check, then rotate': () => undefined
  }

  /** A file with the ids of this account and the name of this repository in the place of the README's, as far as they are there by now. */
  #withOwnIds(text: string): string {
    return [...this.#ids].reduce(
      (yaml, [key, id]) => yaml.replaceAll(new RegExp(`(?<=^[ -]*${key}: ).*$`, 'gm'), id),
      text
    )
  }

  /** Types a command of the README into a shell. */
  #type(command: string): void {
    const { kv, secretsStores } = this.sandbox.cloudflare
    const [, namespace] = /^npx wrangler kv namespace create (\S+)/.exec(command) ?? []
    const [, store] = /^npx wrangler secrets-store store create (\S+) --remote/.exec(command) ?? []
    if (namespace !== undefined)
      this.#make('namespace', namespace, () => this.#ids.set('namespace-id', kv.addNamespace(namespace).id))
    else if (store !== undefined)
      this.#make('store', store, () => this.#ids.set('store-id', secretsStores.addStore(store).id))
    else if (!/^npx wrangler secrets-store store list --remote/.test(command))
      throw new Error(`the README has a command that is not tried here: ${command}`)
  }

  /** What a secret or a variable of the environment is set to: something that an earlier step made. */
  #valueOf(name: string): string {
    const app = {
      ROTATION_APP_PRIVATE_KEY: this.#app?.privateKey,
      ROTATION_APP_CLIENT_ID: this.#app?.clientId
    }
    const value = this.#tokens.get(name) ?? app[name as keyof typeof app]
    if (value === undefined) throw new Error(`the README does not say where the value of ${name} comes from`)
    return value
  }
}
