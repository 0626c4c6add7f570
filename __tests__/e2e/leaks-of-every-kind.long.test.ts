import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { secretAccessKeyOf } from '../../sandbox/r2/key.ts'
import { seedR2Files } from '../../sandbox/seed-r2.ts'
import { startReceiver, type Receiver } from '../alerts/webhook/receiver.ts'
import { Stage } from './stage.ts'

const STORE = `jq -c .secrets >"$STORE"`
// `jq -j` keeps the line break at the end of a pair of the format env.
const SEE = `[[ -e $STORE ]] || exit 0
jq -r '.names[]' | while IFS= read -r name; do
  echo "$name $({ printf '%s=' "$name"; jq -j --arg name "$name" '.[$name]' "$STORE"; } | sha256sum)"
done`

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Every kind of credential, each also as a pair in one secret where it is one, at every kind of destination. */
function configurationOf(stage: Stage, folder: string): string {
  const { accountId, namespace, store } = stage.account
  const rotation = (name: string, credential: object): object => ({
    name,
    credentials: [{ name, ...credential }],
    destinations: [
      { type: 'github-secret', repository: 'octo-org/ops', environment: 'rotation' },
      { type: 'secrets-store', 'store-id': store.id },
      { type: 'worker-secret', script: 'site' },
      { type: 'pages-secret', project: 'docs' },
      {
        type: 'command',
        label: name,
        write: STORE,
        confirm: SEE,
        env: { STORE: join(folder, `${name}.json`) }
      }
    ]
  })
  const api = stage.server.cloudflareApiUrl
  const configuration = {
    version: 1,
    'account-id': accountId,
    auth: { tokens: 'TOKEN_MANAGER', secrets: 'TOKEN_MANAGER', workers: 'TOKEN_MANAGER' },
    lock: { type: 'kv', 'namespace-id': namespace.id },
    alert: { type: 'webhook', format: 'slack', url: 'SLACK_URL' },
    rotations: [
      rotation('files', {
        type: 'account-token',
        ttl: '90d',
        secrets: { pair: { primary: 'R2_PAIR', format: 'json' } },
        verify: [{ s3: { bucket: 'files', endpoint: `${stage.server.origin}/r2` } }]
      }),
      rotation('deploy', {
        type: 'user-token',
        ttl: '90d',
        secrets: { value: 'DEPLOY_TOKEN' },
        verify: [{ http: { url: `${api}/user/tokens/verify` } }]
      }),
      rotation('access', {
        type: 'access-service-token',
        strategy: 'rotate',
        grace: '7d',
        secrets: {
          pair: {
            primary: 'ACCESS_PAIR',
            format: 'env',
            keys: { 'client-id': 'CF_ID', 'client-secret': 'CF_SECRET' }
          }
        },
        verify: [{ run: 'set -x; echo "$ACCESS_PAIR" >&2; echo "$CF_SECRET"', evidence: 'full' }]
      })
    ]
  }
  return JSON.stringify(configuration, null, 1)
}

/** Adds a Worker, a Pages project, a bucket and one credential of each kind, and gives the variables of a step. */
function seed(stage: Stage): () => Record<string, string> {
  const { sandbox, account, automation } = stage
  const { cloudflare } = sandbox
  const files = seedR2Files(sandbox, account)
  cloudflare.workers.addScript('site')
  cloudflare.pages.addProject('docs')
  const manager = cloudflare.userTokens.seed({
    name: 'manager',
    groups: [
      'API Tokens Write',
      'Account API Tokens Write',
      'Secrets Store Write',
      'Workers Scripts Write',
      'Pages Write'
    ]
  })
  const deploy = cloudflare.userTokens.seed({
    name: 'deploy (made by hand)',
    groups: ['Workers Scripts Write']
  })
  const vault = account.repository.environment(account.environment)
  const held = sandbox.github.environmentSecrets(account.repository.fullName, automation.environment)
  vault.put(
    'R2_PAIR',
    JSON.stringify({ 'access-key-id': files.token.id, 'secret-access-key': files.secretAccessKey })
  )
  vault.put('DEPLOY_TOKEN', deploy.value)
  vault.put(
    'ACCESS_PAIR',
    `CF_ID=${held['R2_EXPLORER_ACCESS_CLIENT_ID']}\nCF_SECRET=${held['R2_EXPLORER_ACCESS_CLIENT_SECRET']}\n`
  )
  return () => ({
    ...stage.environment(),
    CLOUDFLARE_API_TOKEN: automation.apiToken.value,
    TOKEN_MANAGER: manager.value
  })
}

describe('the output of runs with every kind of credential and destination', () => {
  let stage: Stage
  let receiver: Receiver
  let folder: string
  /** Values of secrets that any destination held, whole and in halves. */
  const derived = new Set<string>()

  function noteDerived(): void {
    const { tokens, userTokens } = stage.sandbox.cloudflare
    for (const token of [...tokens.all, ...userTokens.all])
      derived.add(token.value).add(secretAccessKeyOf(token))
    const { R2_PAIR = '', DEPLOY_TOKEN = '', ACCESS_PAIR = '' } = stage.slots().github
    for (const [name, value] of Object.entries({ R2_PAIR, DEPLOY_TOKEN, ACCESS_PAIR })) {
      derived.add(value)
      for (const text of [value, `${name}=${value}`]) derived.add(sha256(text))
    }
  }

  beforeAll(async () => {
    stage = await Stage.open()
    receiver = await startReceiver('slack')
    folder = mkdtempSync(join(tmpdir(), 'leaks-'))
    const environmentOf = seed(stage)
    const run = async (): Promise<void> => {
      noteDerived()
      const config = configurationOf(stage, folder)
      await stage.run({
        inputs: { config, force: 'true' },
        env: { ...environmentOf(), SLACK_URL: receiver.url }
      })
      noteDerived()
    }
    await run()
    // A Worker's API that repeats values that the run holds, whole and in halves.
    const held = ['R2_PAIR', 'DEPLOY_TOKEN', 'ACCESS_PAIR'].map((name) => stage.slots().github[name] ?? '')
    const halves = held.flatMap((text) => text.match(/[0-9a-f]{64}/g) ?? [])
    const message = [...held, ...halves].join(' ')
    const remove = stage.sandbox.faults.add({
      match: { path: /secrets-bulk$/, count: Infinity },
      when: 'before',
      answer: { refusal: { status: 400, code: 10021, message } }
    })
    await run()
    remove()
    await run()
  }, 180_000)

  afterAll(async () => {
    await stage.close()
    await receiver.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('comes from runs that succeed and runs that fail', () => {
    expect(
      stage.jobs.map(({ main }) => [main.outputs['outcome'], main.exitCode === 0 ? '' : main.log])
    ).toEqual([
      ['rotated', ''],
      ['failed', expect.stringContaining('10021')],
      ['rotated', '']
    ])
    expect(receiver.refused).toEqual([])
    expect(receiver.accepted.length).toBeGreaterThan(0)
    for (const name of ['files', 'deploy', 'access'])
      expect(
        Object.keys(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as object)
      ).toHaveLength(1)
  })

  it('holds no value, no derived secret, no pair and no fingerprint, nor does a message to the webhook', () => {
    expect(stage.leaks()).toEqual([])
    const texts = {
      ...Object.fromEntries(
        stage.jobs.flatMap(({ main, post }, index) =>
          Object.entries({ main, post }).map(([phase, step]) => [
            `run ${index} ${phase}`,
            [
              step.log,
              step.output.replace(/^::add-mask::.*$/gm, ''),
              JSON.stringify(step.outputs),
              step.summary
            ].join('\n')
          ])
        )
      ),
      webhook: receiver.accepted.join('\n'),
      transcript: JSON.stringify(stage.sandbox.transcript.calls)
    }
    const leaks = Object.entries(texts).flatMap(([place, text]) =>
      [...derived, receiver.url].filter((value) => text.includes(value)).map((value) => `${place}: ${value}`)
    )
    expect(derived.size).toBeGreaterThan(20)
    expect(leaks).toEqual([])
  })
})
