import { delimiter, join } from 'node:path'
import { createGithubContract, type GithubContract } from '../../sandbox/github-contract.ts'
import { runJob, type Job, type JobResult } from '../../sandbox/runner.ts'
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.ts'
import { seedAccessAutomation, type AccessAutomation } from '../../sandbox/seed-access.ts'
import { seedBootstrapAccount, type BootstrapAccount, type BootstrapOptions } from '../../sandbox/seed.ts'
import { serveSandbox, type SandboxServer } from '../../sandbox/server.ts'
import { SecretRegistry } from '../../src/kernel/secret.ts'
import { BOOTSTRAP } from '../../sandbox/configurations.ts'

export const root = join(import.meta.dirname, '../..')

/** How a run differs from a plain, scheduled one. */
export type RunOptions = Partial<Pick<Job, 'inputs' | 'env' | 'onStart' | 'attempt' | 'workspace' | 'runner'>>

/** The built action, run as the runner does, on a sandbox behind a loopback port. */
export class Stage {
  readonly sandbox: Sandbox
  readonly account: BootstrapAccount
  readonly automation: AccessAutomation
  readonly server: SandboxServer
  readonly contract: GithubContract
  readonly jobs: JobResult[] = []

  private constructor(
    sandbox: Sandbox,
    automation: AccessAutomation,
    server: SandboxServer,
    contract: GithubContract
  ) {
    this.sandbox = sandbox
    this.automation = automation
    this.account = automation.account
    this.server = server
    this.contract = contract
  }

  static async open(options: BootstrapOptions = {}): Promise<Stage> {
    const sandbox = createSandbox()
    // Runs follow each other faster here than any schedule would have them.
    sandbox.cloudflare.kv.limitsWrites = false
    const account = seedBootstrapAccount(sandbox, options)
    const automation = seedAccessAutomation(sandbox, account)
    account.run.status = 'completed'
    const contract = await createGithubContract()
    const server = await serveSandbox({ handle: contract.wrap(sandbox.handle) })
    return new Stage(sandbox, automation, server, contract)
  }

  async close(): Promise<void> {
    await this.server.close()
  }

  /** What the job's environment would hold: the secrets of repository and environment, as they are now. */
  environment(): Record<string, string> {
    const { apiToken, repository, environment } = this.account
    return {
      CLOUDFLARE_API_TOKEN: apiToken.value,
      ...this.sandbox.github.environmentSecrets(repository.fullName, environment)
    }
  }

  /** What the job of the Access automation is given; `r2` is the sandbox's, as a real process. */
  accessEnvironment(): Record<string, string> {
    const { apiToken, environment, servicePath } = this.automation
    return {
      ...this.sandbox.github.environmentSecrets(this.account.repository.fullName, environment),
      CLOUDFLARE_API_TOKEN: apiToken.value,
      R2_EXPLORER_BASE_URL: this.server.origin + servicePath,
      PATH: `${join(root, 'sandbox/bin')}${delimiter}${process.env['PATH'] ?? ''}`
    }
  }

  async run({ inputs = {}, env, ...options }: RunOptions = {}): Promise<JobResult> {
    const { repository, githubToken, githubSecretsToken } = this.account
    const run = repository.addRun()
    const job = await runJob({
      action: root,
      repository: repository.fullName,
      runId: run.id,
      githubApiUrl: this.server.githubApiUrl,
      githubToken: githubToken.value,
      inputs: {
        config: BOOTSTRAP,
        'cloudflare-api-url': this.server.cloudflareApiUrl,
        'github-secrets-token': githubSecretsToken.value,
        ...inputs
      },
      env: env ?? this.environment(),
      ...options
    })
    run.status = 'completed'
    this.jobs.push(job)
    return job
  }

  /** The slots at each destination, by secret name. */
  slots(): { readonly store: Record<string, string>; readonly github: Record<string, string> } {
    const { repository, environment, store } = this.account
    return {
      store: this.sandbox.cloudflare.secretsStores.values(store.id),
      github: this.sandbox.github.environmentSecrets(repository.fullName, environment)
    }
  }

  /** Names of the tokens that are alive and were made by the action. */
  managed(): readonly string[] {
    return this.sandbox.cloudflare.tokens.existing
      .map(({ name }) => name)
      .filter((name) => name.startsWith('rotate/'))
  }

  /** Every place outside the destinations in which a value was found, plain or encoded. */
  leaks(): readonly string[] {
    const { cloudflare, github } = this.sandbox
    const values = [
      ...cloudflare.tokens.all.map(({ value }) => value),
      ...cloudflare.access.serviceTokens.all.flatMap(({ secrets }) => [...secrets.values]),
      this.account.githubToken.value,
      this.account.githubSecretsToken.value
    ]
    const keeper = new SecretRegistry(() => undefined)
    for (const value of values) keeper.register(value)
    const issues = github.repositories.flatMap(({ issues: list }) => list)
    const places: Record<string, string> = {
      issues: JSON.stringify(issues),
      tokenNames: JSON.stringify(cloudflare.tokens.all.map(({ name }) => name)),
      transcript: JSON.stringify(this.sandbox.transcript.calls)
    }
    this.jobs.forEach(({ main, post }, index) => {
      for (const [phase, step] of Object.entries({ main, post })) {
        const at = `run ${index} ${phase}`
        places[`${at} log`] = step.log
        places[`${at} raw output`] = step.output.replace(/^::add-mask::.*$/gm, '')
        places[`${at} outputs`] = JSON.stringify(step.outputs)
        places[`${at} state`] = JSON.stringify(step.state)
        places[`${at} summary`] = step.summary
      }
    })
    return Object.entries(places).flatMap(([place, text]) => (keeper.redact(text) === text ? [] : [place]))
  }
}
