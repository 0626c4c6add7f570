import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join, relative } from 'node:path'
import { ACCESS, BOOTSTRAP } from '../sandbox/configurations.ts'
import { runJob } from '../sandbox/runner.ts'
import { addWorkflow } from '../sandbox/github/started-runs.ts'
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts'
import { seedAccessAutomation, type AccessAutomation } from '../sandbox/seed-access.ts'
import { seedBootstrapAccount, type BootstrapAccount } from '../sandbox/seed.ts'
import { serveSandbox, type SandboxServer } from '../sandbox/server.ts'
import { bold, dim, frame, green, red, yellow } from './screen.ts'

const root = join(import.meta.dirname, '..')

/** The two bootstrap tokens, whose deployment must succeed before anything old is revoked. */
const GATED = `${BOOTSTRAP}    rollout:
      - workflow: { file: deploy.yml, timeout: 2m }
`

/** Folder of the job summaries. */
const summaries = join(root, '.demo')

/** The built action on a local Cloudflare and a local GitHub, with what the demo shows of them. */
export class Demo {
  readonly #sandbox: Sandbox
  readonly #account: BootstrapAccount
  readonly #automation: AccessAutomation
  readonly #server: SandboxServer
  #step = 0
  #record: Revocations = { rotations: [] }

  private constructor(sandbox: Sandbox, automation: AccessAutomation, server: SandboxServer) {
    this.#sandbox = sandbox
    this.#account = automation.account
    this.#automation = automation
    this.#server = server
  }

  /** Starts the sandbox and removes the summaries of an earlier demo. */
  static async start(): Promise<Demo> {
    rmSync(summaries, { recursive: true, force: true })
    mkdirSync(summaries, { recursive: true })
    const sandbox = createSandbox()
    const account = seedBootstrapAccount(sandbox, { startsWorkflows: true })
    const automation = seedAccessAutomation(sandbox, account)
    account.run.status = 'completed'
    return new Demo(sandbox, automation, await serveSandbox(sandbox))
  }

  /** Stops the sandbox. */
  async stop(): Promise<void> {
    await this.#server.close()
  }

  /** Runs the action for the two bootstrap tokens; without inputs, as a scheduled workflow would. */
  async rotateTokens(title: string, text: string, inputs: Step['inputs'] = {}): Promise<void> {
    const { environment, apiToken } = this.#account
    await this.#run({
      title,
      text,
      config: BOOTSTRAP,
      inputs,
      environment,
      env: { CLOUDFLARE_API_TOKEN: apiToken.value }
    })
  }

  /** Runs the action for the two bootstrap tokens, with a deployment that ends like this. */
  async rotateGated(title: string, text: string, conclusion: 'success' | 'failure'): Promise<void> {
    const { environment, apiToken, repository } = this.#account
    const deployment =
      repository.workflows.find(({ path }) => path.endsWith('/deploy.yml')) ??
      addWorkflow(repository, 'deploy.yml')
    deployment.runEnding = { afterMs: 1_000, conclusion }
    const env = { CLOUDFLARE_API_TOKEN: apiToken.value }
    await this.#run({ title, text, config: GATED, inputs: {}, environment, env })
  }

  /** Runs the action for the Access service token, with probes by HTTP and by the `r2` command. */
  async rotateAccess(title: string, text: string): Promise<void> {
    const { environment, apiToken, servicePath } = this.#automation
    const env = {
      CLOUDFLARE_API_TOKEN: apiToken.value,
      R2_EXPLORER_BASE_URL: this.#server.origin + servicePath,
      PATH: `${join(root, 'sandbox/bin')}${delimiter}${process.env['PATH'] ?? ''}`
    }
    await this.#run({ title, text, config: ACCESS, inputs: {}, environment, env })
  }

  /** Shows the heading of the next step. */
  announce(title: string, text: string): void {
    this.#step += 1
    console.log(`\n${bold(`${this.#step}. ${title}`)}\n${dim(text)}\n`)
  }

  /** Runs the action once, with the current values of the GitHub secrets. */
  async #run({ title, text, config, inputs, environment, env }: Step): Promise<void> {
    // Workers KV accepts one write per key and second; scheduled runs are never that close.
    await this.#sandbox.clock.sleep(1_100)
    this.announce(title, text)
    const { repository, githubToken, githubSecretsToken } = this.#account
    const run = repository.addRun()
    const calls = this.#sandbox.transcript.length
    const result = await runJob({
      action: root,
      repository: repository.fullName,
      runId: run.id,
      githubApiUrl: this.#server.githubApiUrl,
      githubToken: githubToken.value,
      inputs: {
        ...inputs,
        config,
        'cloudflare-api-url': this.#server.cloudflareApiUrl,
        'github-secrets-token': githubSecretsToken.value
      },
      env: { ...this.#sandbox.github.environmentSecrets(repository.fullName, environment), ...env }
    })
    run.status = 'completed'
    console.log(frame(`${result.main.log}\n${result.post.log}`.trim()))
    const { outcome = '?' } = result.main.outputs
    const paint = result.failed ? red : ['rotated', 'healthy'].includes(outcome) ? green : yellow
    console.log(`outcome ${paint(outcome)}, ${this.#sandbox.transcript.length - calls} API calls`)
    this.#record = JSON.parse(result.main.outputs['record'] ?? '{"rotations":[]}') as Revocations
    const file = join(summaries, `${this.#step}-${outcome}.md`)
    writeFileSync(file, result.main.summary)
    console.log(dim(`the job summary is in ${relative(root, file)}`))
  }

  /** Shows each Access service token, also deleted ones, and the rules that name it. */
  showServiceTokens(): void {
    const { access } = this.#sandbox.cloudflare
    for (const token of access.serviceTokens.all) {
      const state =
        token.deletedAt !== undefined
          ? red('deleted')
          : token.enabled.current
            ? green('enabled')
            : yellow('disabled')
      const rules = token.deletedAt === undefined ? access.rulesNaming(token.id) : []
      console.log(
        `  ${token.clientId.slice(0, 8)}….access ${state}${rules.length === 0 ? '' : ` named by ${rules.join(', ')}`}`
      )
    }
  }

  /** Shows for each slot at each destination which token it holds, and whether that works. Values are masked. */
  showSlots(): void {
    const { repository, environment, store } = this.#account
    const stores = {
      'Secrets Store': this.#sandbox.cloudflare.secretsStores.values(store.id),
      'GitHub environment': this.#sandbox.github.environmentSecrets(repository.fullName, environment)
    }
    for (const [label, values] of Object.entries(stores)) {
      const slots = Object.entries(values)
        .filter(([name]) => /^(PRIMARY|SECONDARY)_/.test(name))
        .sort(([one], [other]) => (one < other ? -1 : 1))
      for (const [name, value] of slots) {
        const token = this.#sandbox.cloudflare.tokens.findByValue(value)
        const state = this.#sandbox.cloudflare.tokens.works(value) ? green('works') : red('revoked')
        console.log(
          `  ${label.padEnd(19)} ${name.padEnd(32)} ${value.slice(0, 5)}*** ${token?.id ?? 'unknown'} ${state}`
        )
      }
    }
  }

  /** Shows how long each exposed token remained valid, from the record of the last run. */
  showExposed(): void {
    for (const { name, revoked } of this.#record.rotations.flatMap(({ credentials }) => credentials)) {
      for (const { id, livedSeconds } of revoked)
        console.log(`  ${name.padEnd(14)} ${id} ${red('revoked')}, it remained valid for ${livedSeconds} s`)
    }
  }

  /** Shows the issues of the repository. */
  showIssues(): void {
    for (const issue of this.#account.repository.issues) {
      console.log(
        `  issue #${issue.number} ${issue.state === 'open' ? red('open') : green('closed')}: ${issue.title}`
      )
    }
  }

  /** Makes every write of a GitHub secret fail. @returns a function that ends this */
  breakGithub(): () => void {
    return this.#sandbox.faults.add({
      match: { api: 'github', method: 'PUT', nth: 3, count: Infinity },
      when: 'before',
      answer: { status: 403, body: { message: 'Resource not accessible by integration' } }
    })
  }

  /** Makes the service refuse every pair. @returns a function that ends this */
  breakService(): () => void {
    this.#automation.application.failure = 'insufficient_scope'
    return () => {
      this.#automation.application.failure = undefined
    }
  }

  /** Holds the lock as a run of another repository would. @returns a function that releases it */
  async holdLock(): Promise<() => Promise<void>> {
    await this.#sandbox.clock.sleep(1_100)
    const { namespace } = this.#account
    const entry = {
      owner: '4711.1/other',
      run: 'https://github.com/octo-org/other/actions/runs/4711',
      expires: Date.now() + 300_000
    }
    const key = 'rotate/bootstrap'
    namespace.write(key, { value: JSON.stringify(entry) })
    return async () => {
      await this.#sandbox.clock.sleep(1_100)
      namespace.delete(key)
    }
  }
}

/** Part of a record that the demo reads. */
interface Revocations {
  readonly rotations: readonly {
    readonly credentials: readonly {
      readonly name: string
      readonly revoked: readonly { readonly id: string; readonly livedSeconds: number }[]
    }[]
  }[]
}

interface Step {
  readonly title: string
  /** What the step shows. */
  readonly text: string
  readonly config: string
  readonly inputs: Readonly<Record<string, string>>
  /** GitHub environment of the job. */
  readonly environment: string
  readonly env: Readonly<Record<string, string>>
}
