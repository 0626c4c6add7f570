import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runJob, type JobResult } from '../../sandbox/runner.ts'
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.ts'
import { serveSandbox, type SandboxServer } from '../../sandbox/server.ts'
import type { Repository } from '../../sandbox/github/repository.ts'
import type { Permissions } from '../../sandbox/github/state.ts'
import { playWorkflow, type Played, type WorkflowContext } from './played-workflow.ts'
import { namesIn, permissionsIn, readSetUp, type SetUpStep } from './quick-start.ts'

const DAY_MS = 86_400_000
/** Where `action.yml` and `dist` are. */
const ACTION = join(import.meta.dirname, '../..')

/** One thing that the documented set-up tells a newcomer to create. */
export interface Thing {
  /** Its kind, e.g. `secret` or `job permission`. */
  readonly kind: string
  readonly name: string
}

interface App {
  readonly clientId: string
  readonly privateKey: string
  readonly permissions: Readonly<Record<string, string>>
}

/**
 * A user with an empty Cloudflare account and an empty repository who follows the documented set-up word by word, and may leave one thing out.
 */
export class Newcomer {
  readonly sandbox: Sandbox
  readonly repository: Repository
  /** Everything that was to be created, in the order of the documentation. */
  readonly things: Thing[] = []
  readonly #leftOut: Thing | undefined
  /** The user's own ids, by key of the configuration; they replace those of the documentation. */
  readonly #ids = new Map<string, string>()
  readonly #tokens = new Map<string, string>()
  readonly #variables: Record<string, string> = {}
  /** Committed files, by path. */
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

  /** Does one step of a set-up. @throws Error when there is no code here for a step of this title */
  do(step: SetUpStep): void {
    const action = this.#actions[step.title]
    if (action === undefined) throw new Error(`there is a step that is not tried here: ${step.title}`)
    action(step)
  }

  /** Does the whole set-up, except the commands at the end of its last step. */
  doEverything(steps: readonly SetUpStep[] = readSetUp()): this {
    for (const step of steps) this.do(step)
    return this
  }

  /** Starts the committed workflow by hand. */
  async start(inputs: Readonly<Record<string, string>>): Promise<Played> {
    return await this.#play({ event: 'workflow_dispatch', inputs })
  }

  /** Lets the schedule start the committed workflow. */
  async startOnSchedule(): Promise<Played> {
    return await this.#play({ event: 'schedule', inputs: {} })
  }

  async #play({ event, inputs }: Pick<WorkflowContext, 'event' | 'inputs'>): Promise<Played> {
    const workflow = this.#files.get('.github/workflows/rotate.yml')
    if (workflow === undefined) throw new Error('there is no workflow to start')
    this.#server ??= await serveSandbox(this.sandbox)
    const { github } = this.sandbox
    const repositories = [this.repository.fullName]
    const workspace = mkdtempSync(join(tmpdir(), 'workspace-'))
    let permissions: Permissions = {}
    try {
      return await playWorkflow(workflow, {
        event,
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
        runAction: (step) => this.#runAction(step, { event, permissions, workspace })
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
    { event, permissions, workspace }: { event: string; permissions: Permissions; workspace: string }
  ): Promise<JobResult> {
    const { github } = this.sandbox
    const run = this.repository.addRun({ event })
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
      runner: { GITHUB_EVENT_NAME: event },
      workspace
    })
    run.status = 'completed'
    return result
  }

  /** Permissions of the token that GitHub gives for the key of the App. @throws Error as the step would */
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

  /** Creates a thing, unless it is the one that is left out. */
  #create(kind: string, name: string, create: () => void, otherwise?: () => void): void {
    this.things.push({ kind, name })
    const { kind: leftOutKind, name: leftOutName } = this.#leftOut ?? {}
    if (kind === leftOutKind && name === leftOutName) otherwise?.()
    else create()
  }

  readonly #actions: Readonly<Record<string, (step: SetUpStep) => void>> = {
    'Cloudflare resources and tokens': ({ blocks, rows }) => {
      for (const command of blocks.flatMap(({ text }) => text.trim().split('\n'))) this.#type(command)
      for (const { secret = '', permission = '', lifetime = '', purpose = '' } of rows) {
        const [name = ''] = namesIn(secret)
        const seed = (groups: readonly string[]): void => {
          const ttl = lifetime.startsWith('a few days') ? { ttlMs: 3 * DAY_MS } : {}
          const token = this.sandbox.cloudflare.tokens.seed({ name: purpose, groups, ...ttl })
          this.#tokens.set(name, token.value)
        }
        this.#create(
          'token permission',
          `${permission} of ${name}`,
          () => seed(permissionsIn(permission)),
          () => seed(['Zone Read'])
        )
      }
    },
    'GitHub App': ({ paragraphs }) => {
      const first = paragraphs.find((paragraph) => paragraph.includes('Register an App'))
      const permissions: Record<string, string> = {}
      for (const [, name] of first?.matchAll(/_([A-Z]\w+): read and write_/g) ?? []) {
        this.#create('App permission', name!, () => (permissions[name!.toLowerCase()] = 'write'))
      }
      this.#app = { clientId: 'Iv23liEXAMPLE', privateKey: '-----BEGIN RSA PRIVATE KEY-----', permissions }
    },
    Environment: ({ paragraphs, rows }) => {
      const [, environment = ''] = /^Create the environment `([^`]+)`/m.exec(paragraphs.join('\n')) ?? []
      const vault =
        this.repository.environments.get(environment) ?? this.repository.addEnvironment(environment)
      for (const { kind = '', name: cell = '' } of rows) {
        for (const name of namesIn(cell)) {
          const value = this.#valueOf(name)
          this.#create(kind, name, () => {
            if (kind === 'variable') this.#variables[name] = value
            else vault.put(name, value)
          })
        }
      }
    },
    Configuration: ({ paragraphs, blocks }) => {
      const [path = ''] = namesIn(paragraphs.join('\n'))
      const text = blocks.map((block) => block.text).join('')
      for (const [, environment] of text.matchAll(/\benvironment: ([\w-]+)/g)) {
        if (!this.repository.environments.has(environment!)) this.repository.addEnvironment(environment!)
      }
      this.#create('file', path, () => this.#files.set(path, text))
    },
    Workflow: ({ paragraphs, blocks }) => {
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
        if (permission !== undefined) this.#create('job permission', permission, keep)
        else if (variable !== undefined) this.#create('variable of the step', variable, keep)
        else keep()
      }
      this.#files.set(path, kept.join('\n'))
    },
    'Check, then rotate': () => undefined
  }

  /** A file with the user's own ids and repository instead of the documentation's, as far as they exist by now. */
  #withOwnIds(text: string): string {
    return [...this.#ids].reduce(
      (yaml, [key, id]) => yaml.replaceAll(new RegExp(`(?<=[\\s{]${key}: )[^\\s,]+`, 'g'), id),
      text
    )
  }

  /** Types a documented command into a shell. */
  #type(command: string): void {
    const { kv, secretsStores } = this.sandbox.cloudflare
    const [, namespace] = /^npx wrangler kv namespace create (\S+)/.exec(command) ?? []
    const [, store] = /^npx wrangler secrets-store store create (\S+) --remote/.exec(command) ?? []
    if (namespace !== undefined)
      this.#create('namespace', namespace, () => this.#ids.set('namespace-id', kv.addNamespace(namespace).id))
    else if (store !== undefined)
      this.#create('store', store, () => this.#ids.set('store-id', secretsStores.addStore(store).id))
    else if (!/^npx wrangler secrets-store store list --remote/.test(command))
      throw new Error(`there is a command that is not tried here: ${command}`)
  }

  /** Value of a secret or a variable of the environment, which an earlier step created. */
  #valueOf(name: string): string {
    const app = {
      ROTATION_APP_PRIVATE_KEY: this.#app?.privateKey,
      ROTATION_APP_CLIENT_ID: this.#app?.clientId
    }
    const value = this.#tokens.get(name) ?? app[name as keyof typeof app]
    if (value === undefined)
      throw new Error(`the documentation does not say where the value of ${name} comes from`)
    return value
  }
}
