import { join } from 'node:path'
import { LocalCoordinator, TOKENS } from '../coordinator/local.ts'
import { systemClock } from '../sandbox/clock.ts'
import { BOOTSTRAP } from '../sandbox/configurations.ts'
import type { WorkflowRun } from '../sandbox/github/repository-parts.ts'
import { runJob } from '../sandbox/runner.ts'
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts'
import { seedBootstrapAccount, type BootstrapAccount } from '../sandbox/seed.ts'
import { serveSandbox, type SandboxServer } from '../sandbox/server.ts'
import { dim, frame, green, red, yellow } from './screen.ts'

const root = join(import.meta.dirname, '..')
const MINUTE = 60_000
const QUARTER = 15 * MINUTE

/** Alert in the format `json`. */
interface Alert {
  readonly state: 'raised' | 'recovered'
  readonly title: string
  readonly detail: string
}

/** The coordinator on the Workers runtime, which starts runs on a local GitHub. Its minutes pass in no time. */
export class CoordinatorDemo {
  readonly #sandbox: Sandbox
  readonly #account: BootstrapAccount
  /** How far the simulated time is ahead of the real one. */
  #aheadMs: number
  #server!: SandboxServer
  #coordinator!: LocalCoordinator
  readonly #alerts: string[] = []

  private constructor() {
    // Time begins with an interval.
    this.#aheadMs = QUARTER - (Date.now() % QUARTER)
    this.#sandbox = createSandbox({ clock: { ...systemClock, now: () => this.#now } })
    this.#account = seedBootstrapAccount(this.#sandbox)
    this.#account.run.status = 'completed'
  }

  /** Starts the sandbox and the coordinator. */
  static async start(): Promise<CoordinatorDemo> {
    const demo = new CoordinatorDemo()
    const sandbox = demo.#sandbox
    const { fullName: repository } = demo.#account.repository
    demo.#server = await serveSandbox(sandbox, {
      intercept: (request) => (new URL(request.url).pathname === '/hook' ? demo.#receive(request) : undefined)
    })
    demo.#coordinator = await LocalCoordinator.start({
      sandbox,
      repositories: [repository],
      githubApiUrl: demo.#server.githubApiUrl,
      clocked: true,
      bindings: {
        SCHEDULES: [{ repository, workflow: 'rotate.yml', ref: 'main', every: '15m', slack: '10m' }],
        ALERTS: { webhook: { format: 'json' } },
        ALERT_WEBHOOK_URL: `${demo.#server.origin}/hook`
      }
    })
    sandbox.onCall(({ phase, call }) => {
      if (phase === 'after' && call.applied && call.path.endsWith('/dispatches'))
        demo.#say('the coordinator starts rotate.yml')
    })
    return demo
  }

  async stop(): Promise<void> {
    await this.#coordinator.stop()
    await this.#server.close()
  }

  /** Lets the coordinator start a run, and runs the action as GitHub's runner would. */
  async startOnTime(): Promise<void> {
    await this.#coordinator.tick(this.#now)
    const run = this.#runs.at(-1)
    if (run === undefined) throw new Error('the coordinator has started no run')
    const outcome = await this.#play(run)
    this.#end(run, 'success')
    await this.#pass()
    this.#say(`the run ended: ${green(outcome)}; the status page shows when the last slot ends:`)
    const { schedules } = await this.#coordinator.status()
    for (const { credential, endsAt } of schedules.flatMap(({ credentials }) => credentials))
      console.log(`        ${credential.padEnd(14)} ${endsAt}`)
  }

  /** Lets GitHub accept a start that never becomes a run. */
  async swallow(): Promise<void> {
    const { repository } = this.#account
    repository.swallowedDispatches = 1
    const before = this.#runs.length
    await this.#passUntil(() => repository.swallowedDispatches === 0)
    this.#say(yellow('GitHub accepted it, but there is no run'))
    await this.#passUntil(() => this.#runs.length > before)
    await this.#endNewest('success')
    this.#say(`this one is a run and ended with ${green('success')}`)
  }

  /** Lets every run fail until the alert is raised, and then one succeed. */
  async failAndRecover(): Promise<void> {
    await this.#passUntil(() => this.#alerts.length > 0, 'failure')
    await this.#passUntil(() => this.#alerts.length > 1, 'success')
  }

  get #now(): number {
    return Date.now() + this.#aheadMs
  }

  /** Runs that the coordinator started. */
  get #runs(): readonly WorkflowRun[] {
    return this.#account.repository.runs.filter(({ event }) => event === 'workflow_dispatch')
  }

  /** Lets a minute pass. */
  async #pass(): Promise<void> {
    this.#aheadMs += MINUTE
    await this.#coordinator.tick(this.#now)
  }

  async #passUntil(isDone: () => boolean, conclusion?: string): Promise<void> {
    for (let minute = 0; !isDone(); minute++) {
      if (minute > 60) throw new Error('the coordinator does not get on')
      if (conclusion !== undefined) this.#endAll(conclusion)
      await this.#pass()
    }
  }

  async #endNewest(conclusion: string): Promise<void> {
    this.#endAll(conclusion)
    await this.#pass()
  }

  #endAll(conclusion: string): void {
    for (const run of this.#runs) {
      if (run.status === 'completed') continue
      this.#end(run, conclusion)
      if (conclusion !== 'success') this.#say(`its run ended with ${red(conclusion)}`)
    }
  }

  #end(run: WorkflowRun, conclusion: string): void {
    Object.assign(run, { status: 'completed', conclusion, updatedAt: this.#now })
  }

  async #receive(request: Request): Promise<Response> {
    const { state, title, detail } = (await request.json()) as Alert
    this.#alerts.push(title)
    this.#say(
      state === 'raised' ? `${red('alert')}: ${title}. ${dim(detail)}` : `${green('alert')}: ${title}`
    )
    return new Response(null, { status: 204 })
  }

  #say(text: string): void {
    console.log(`  ${new Date(this.#now).toISOString().slice(11, 16)} ${text}`)
  }

  async #play(run: WorkflowRun): Promise<string> {
    const { repository, environment, apiToken, githubToken, githubSecretsToken } = this.#account
    const { url } = this.#coordinator
    const lock = `lock: { type: durable-object, url: '${url}', token: COORDINATOR_TOKEN }`
    const report = `coordinator: { url: '${url}', token: REPORT_TOKEN }`
    const { main } = await runJob({
      action: root,
      repository: repository.fullName,
      runId: run.id,
      githubApiUrl: this.#server.githubApiUrl,
      githubToken: githubToken.value,
      inputs: {
        config: BOOTSTRAP.replace(/^lock:\n(?: .*\n)+/m, `${lock}\n${report}\n`),
        'cloudflare-api-url': this.#server.cloudflareApiUrl,
        'github-secrets-token': githubSecretsToken.value
      },
      env: {
        ...TOKENS,
        ...this.#sandbox.github.environmentSecrets(repository.fullName, environment),
        CLOUDFLARE_API_TOKEN: apiToken.value,
        // The runner has the simulated time too.
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`const now = Date.now; Date.now = () => now() + ${this.#aheadMs}`)}`
      }
    })
    console.log(frame(main.log.trim()))
    return main.outputs['outcome'] ?? '?'
  }
}
