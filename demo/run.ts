/**
 * `npm run demo`: the built action with each of its commands, on a local Cloudflare and GitHub, the way GitHub's runner would start it.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join, relative } from 'node:path'
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts'
import { seedBootstrapAccount, type BootstrapAccount } from '../sandbox/seed.ts'
import { serveSandbox, type SandboxServer } from '../sandbox/server.ts'
import { runJob } from '../sandbox/runner.ts'
import { seedAccessAutomation, type AccessAutomation } from '../sandbox/seed-access.ts'
import { ACCESS, BOOTSTRAP } from '../sandbox/configurations.ts'
import { bold, dim, frame, green, red, yellow } from './screen.ts'

const root = join(import.meta.dirname, '..')
const summaries = join(root, '.demo')

class Demo {
  readonly #sandbox: Sandbox
  readonly #account: BootstrapAccount
  readonly #automation: AccessAutomation
  readonly #server: SandboxServer
  #scene = 0
  #record: Revocations = { rotations: [] }

  constructor(sandbox: Sandbox, automation: AccessAutomation, server: SandboxServer) {
    this.#sandbox = sandbox
    this.#account = automation.account
    this.#automation = automation
    this.#server = server
  }

  /** Runs the action for the bootstrap pair; without inputs, as a scheduled workflow would. */
  async runPair(title: string, story: string, inputs: Step['inputs'] = {}): Promise<void> {
    const { environment, apiToken } = this.#account
    await this.#play({
      title,
      story,
      config: BOOTSTRAP,
      inputs,
      environment,
      env: { CLOUDFLARE_API_TOKEN: apiToken.value }
    })
  }

  /** Rotates the Access service token once, proving it with the service and with the `r2` command. */
  async rotateAccess(title: string, story: string): Promise<void> {
    const { environment, apiToken, servicePath } = this.#automation
    const env = {
      CLOUDFLARE_API_TOKEN: apiToken.value,
      R2_EXPLORER_BASE_URL: this.#server.origin + servicePath,
      PATH: `${join(root, 'sandbox/bin')}${delimiter}${process.env['PATH'] ?? ''}`
    }
    await this.#play({ title, story, config: ACCESS, inputs: {}, environment, env })
  }

  /** Runs the action once, with what GitHub's secrets hold at that moment. */
  async #play({ title, story, config, inputs, environment, env }: Step): Promise<void> {
    this.#scene += 1
    // Workers KV takes one write per key and second; scheduled runs are never that close.
    await this.#sandbox.clock.sleep(1_100)
    console.log(`\n${bold(`${this.#scene}. ${title}`)}\n${dim(story)}\n`)
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
    const file = join(summaries, `${this.#scene}-${outcome}.md`)
    writeFileSync(file, result.main.summary)
    console.log(dim(`the job summary is in ${relative(root, file)}`))
  }

  /** Shows every Access service token that there is or was, and which rules name it. */
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

  /** Shows which token each slot holds at each destination, and whether it works. Values stay masked. */
  showSlots(): void {
    const { repository, environment, store } = this.#account
    const stores = {
      'Secrets Store': this.#sandbox.cloudflare.secretsStores.values(store.id),
      'GitHub environment': this.#sandbox.github.environmentSecrets(repository.fullName, environment)
    }
    for (const [label, values] of Object.entries(stores)) {
      for (const name of Object.keys(values)
        .filter((one) => /^(PRIMARY|SECONDARY)_/.test(one))
        .sort()) {
        const value = values[name]!
        const token = this.#sandbox.cloudflare.tokens.findByValue(value)
        const state = this.#sandbox.cloudflare.tokens.works(value) ? green('works') : red('dead')
        console.log(
          `  ${label.padEnd(19)} ${name.padEnd(32)} ${value.slice(0, 5)}*** ${token?.id ?? 'unknown'} ${state}`
        )
      }
    }
  }

  /** Shows what the newest record says of how long each exposed token lived on. */
  showExposed(): void {
    for (const { name, revoked } of this.#record.rotations.flatMap(({ credentials }) => credentials)) {
      for (const { id, livedSeconds } of revoked)
        console.log(`  ${name.padEnd(14)} ${id} ${red('revoked')}, it lived on for ${livedSeconds} s`)
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

  /** Makes every write of a GitHub secret fail until the function that is answered is called. */
  breakGithub(): () => void {
    return this.#sandbox.faults.add({
      match: { api: 'github', method: 'PUT', nth: 3, count: Infinity },
      when: 'before',
      answer: { status: 403, body: { message: 'Resource not accessible by integration' } }
    })
  }

  /** Holds the lock as a run of another repository would, until the function that is answered is called. */
  async holdLock(): Promise<() => void> {
    await this.#sandbox.clock.sleep(1_100)
    const { namespace } = this.#account
    const entry = {
      owner: '4711.1/other',
      run: 'https://github.com/octo-org/other/actions/runs/4711',
      expires: Date.now() + 300_000
    }
    const key = 'rotate/bootstrap'
    namespace.write(key, { value: JSON.stringify(entry) })
    return () => namespace.delete(key)
  }
}

/** What the demo reads of a record. */
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
  readonly story: string
  readonly config: string
  readonly inputs: Readonly<Record<string, string>>
  /** Whose secrets the job gets. */
  readonly environment: string
  readonly env: Readonly<Record<string, string>>
}

async function main(): Promise<void> {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('dist is missing: run "npm run build"')
  rmSync(summaries, { recursive: true, force: true })
  mkdirSync(summaries, { recursive: true })
  const sandbox = createSandbox()
  const account = seedBootstrapAccount(sandbox)
  const automation = seedAccessAutomation(sandbox, account)
  account.run.status = 'completed'
  const server = await serveSandbox(sandbox)
  const demo = new Demo(sandbox, automation, server)
  try {
    console.log(
      bold(
        'A local Cloudflare and a local GitHub are up; the action is the built dist/, on the Node.js that action.yml declares.'
      )
    )
    await demo.runPair(
      'The first rotation',
      'Two tokens made by hand are in GitHub as PRIMARY_*. There is no SECONDARY yet, and the Secrets Store is empty.'
    )
    demo.showSlots()
    await demo.runPair(
      'A plan',
      'The command "plan" only reads, and says what the next rotation would make, write and revoke, and why.',
      { command: 'plan' }
    )
    await demo.runPair(
      'The next rotation',
      'PRIMARY moves to SECONDARY, new tokens become PRIMARY, and the tokens made by hand are revoked.'
    )
    demo.showSlots()
    const unlock = await demo.holdLock()
    await demo.runPair(
      'Another run is at work',
      'A run of another repository holds the lock. This run leaves everything alone, and does not fail.'
    )
    await sandbox.clock.sleep(1_100)
    unlock()
    const mend = demo.breakGithub()
    await demo.runPair(
      'A run that fails',
      'In the middle of the promotion GitHub refuses the writes. Everything is put back, and one issue is opened.'
    )
    demo.showSlots()
    demo.showIssues()
    mend()
    await demo.runPair(
      'The recovery',
      'GitHub takes writes again. The rotation succeeds and closes the issue.'
    )
    demo.showSlots()
    demo.showIssues()
    await demo.runPair(
      'A check',
      'The command "check" only reads too, and says whether all is well and whether the next rotation can succeed.',
      { command: 'check' }
    )
    await demo.runPair(
      'Going back',
      'A consumer is refused with the new tokens: "rollback" proves SECONDARY, lets the slots change places, and revokes nothing.',
      { command: 'rollback' }
    )
    demo.showSlots()
    await demo.runPair(
      'An exposure',
      'A value has got out: with the reason "exposure" new tokens fill both slots at once, and everything older is revoked.',
      { command: 'contain' }
    )
    demo.showExposed()
    demo.showSlots()
    await demo.rotateAccess(
      'An Access service token',
      'A new pair is made and admitted beside the old one, proven with the service and the r2 command, and written. The old one is switched off, proven dead, and deleted.'
    )
    demo.showServiceTokens()
    automation.application.failure = 'insufficient_scope'
    await demo.rotateAccess(
      'A service that refuses the new pair',
      'The service answers 403 insufficient_scope, for the old pair too: it is due at once, and since the new one is refused as well, everything is put back.'
    )
    automation.application.failure = undefined
    demo.showServiceTokens()
    demo.showIssues()
    await demo.rotateAccess(
      'The service again as it was',
      'Nothing is due for thirty days: nothing is done, and the issue is closed.'
    )
    console.log(`\n${bold('Done.')} The job summaries are in ${relative(root, summaries)}/.`)
  } finally {
    await server.close()
  }
}

await main()
