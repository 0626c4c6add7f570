/**
 * `npm run demo`: rotates two API tokens with the built action, on a local Cloudflare and GitHub, the way GitHub's runner would start it.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts'
import { seedBootstrapAccount, type BootstrapAccount } from '../sandbox/seed.ts'
import { serveSandbox, type SandboxServer } from '../sandbox/server.ts'
import { runJob, type JobResult } from '../sandbox/runner.ts'
import { BOOTSTRAP } from '../simulation/world.ts'
import { bold, dim, frame, green, red, yellow } from './screen.ts'

const root = join(import.meta.dirname, '..')
const summaries = join(root, '.demo')

class Demo {
  readonly #sandbox: Sandbox
  readonly #account: BootstrapAccount
  readonly #server: SandboxServer
  #scene = 0

  constructor(sandbox: Sandbox, account: BootstrapAccount, server: SandboxServer) {
    this.#sandbox = sandbox
    this.#account = account
    this.#server = server
  }

  /** Runs the action once, as a scheduled workflow would, with what GitHub's secrets hold at that moment. */
  async play(title: string, story: string): Promise<JobResult> {
    this.#scene += 1
    // Workers KV takes one write per key and second; scheduled runs are never that close.
    await this.#sandbox.clock.sleep(1_100)
    console.log(`\n${bold(`${this.#scene}. ${title}`)}\n${dim(story)}\n`)
    const { repository, environment, apiToken, githubToken, githubSecretsToken } = this.#account
    const run = repository.addRun()
    const calls = this.#sandbox.transcript.length
    const result = await runJob({
      action: root,
      repository: repository.fullName,
      runId: run.id,
      githubApiUrl: this.#server.githubApiUrl,
      githubToken: githubToken.value,
      inputs: {
        config: BOOTSTRAP,
        'cloudflare-api-url': this.#server.cloudflareApiUrl,
        'github-secrets-token': githubSecretsToken.value
      },
      env: {
        CLOUDFLARE_API_TOKEN: apiToken.value,
        ...this.#sandbox.github.environmentSecrets(repository.fullName, environment)
      }
    })
    run.status = 'completed'
    console.log(frame(`${result.main.log}\n${result.post.log}`.trim()))
    const { outcome = '?' } = result.main.outputs
    const paint = result.failed ? red : outcome === 'rotated' ? green : yellow
    console.log(`outcome ${paint(outcome)}, ${this.#sandbox.transcript.length - calls} API calls`)
    const file = join(summaries, `${this.#scene}-${outcome}.md`)
    writeFileSync(file, result.main.summary)
    console.log(dim(`the job summary is in ${relative(root, file)}`))
    return result
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

async function main(): Promise<void> {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('dist is missing: run "npm run build"')
  rmSync(summaries, { recursive: true, force: true })
  mkdirSync(summaries, { recursive: true })
  const sandbox = createSandbox()
  const account = seedBootstrapAccount(sandbox)
  const server = await serveSandbox(sandbox)
  const demo = new Demo(sandbox, account, server)
  try {
    console.log(
      bold(
        'A local Cloudflare and a local GitHub are up; the action is the built dist/, on the Node.js that action.yml declares.'
      )
    )
    await demo.play(
      'The first rotation',
      'Two tokens made by hand are in GitHub as PRIMARY_*. There is no SECONDARY yet, and the Secrets Store is empty.'
    )
    demo.showSlots()
    await demo.play(
      'The next rotation',
      'PRIMARY moves to SECONDARY, new tokens become PRIMARY, and the tokens made by hand are revoked.'
    )
    demo.showSlots()
    const unlock = await demo.holdLock()
    await demo.play(
      'Another run is at work',
      'A run of another repository holds the lock. This run leaves everything alone, and does not fail.'
    )
    await sandbox.clock.sleep(1_100)
    unlock()
    const mend = demo.breakGithub()
    await demo.play(
      'A run that fails',
      'In the middle of the promotion GitHub refuses the writes. Everything is put back, and one issue is opened.'
    )
    demo.showSlots()
    demo.showIssues()
    mend()
    await demo.play('The recovery', 'GitHub takes writes again. The rotation succeeds and closes the issue.')
    demo.showSlots()
    demo.showIssues()
    console.log(`\n${bold('Done.')} The job summaries are in ${relative(root, summaries)}/.`)
  } finally {
    await server.close()
  }
}

await main()
