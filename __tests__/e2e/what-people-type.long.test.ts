import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { BOOTSTRAP } from '../../sandbox/configurations.ts'
import { formatTime } from '../../src/markdown/time.ts'
import { unbreakable } from '../alerts/records.ts'
import { Stage, type RunOptions } from './stage.ts'

const MONTHLY = BOOTSTRAP.replace(
  '  - name: bootstrap\n',
  '  - name: bootstrap\n    every: 30d\n'
).replaceAll('ttl: 24h', 'ttl: 90d')
/** What makes a process believe that it runs on the last Node.js 20. */
const OLD_NODE =
  "--import=data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})"

let stage: Stage
beforeAll(async () => {
  stage = await Stage.open()
}, 60_000)
afterEach(() => {
  stage.account.repository.issues.splice(0)
})
afterAll(async () => {
  await stage.close()
})

/** Runs with something in the step's environment besides what it needs. */
function runWith(more: Readonly<Record<string, string>>, inputs: RunOptions['inputs'] = {}) {
  return stage.run({ env: { ...stage.environment(), ...more }, inputs })
}

function split(value: string): string {
  return `${value.slice(0, 20)}\n${value.slice(20)}`
}

describe('the built action', () => {
  it.each([
    ['a proxy without a scheme', 'proxy.example.com:3128'],
    ['a proxy without a host', 'http://'],
    ['a proxy that Node.js does not speak', 'socks5://proxy.example.com:1080']
  ])('explains %s in one sentence before it calls anything', async (_what, proxy) => {
    stage.sandbox.transcript.clear()
    const { main } = await runWith({ HTTPS_PROXY: proxy })
    expect(main.exitCode).toBe(1)
    expect(main.log).toMatch(/^error: HTTPS_PROXY: must be a URL such as http:\/\/proxy\.example\.com:3128/m)
    expect(main.log).not.toContain('defect')
    expect(stage.sandbox.transcript.calls).toEqual([])
  })

  it.each([
    [
      'PRIMARY',
      () => ({ PRIMARY_SECRET_EDIT_TOKEN: split(stage.environment()['PRIMARY_SECRET_EDIT_TOKEN']!) }),
      /credentials\[1\]\.secrets\.value\.primary: the environment variable PRIMARY_SECRET_EDIT_TOKEN has a line break in it/
    ],
    [
      'a token of auth',
      () => ({ CLOUDFLARE_API_TOKEN: split(stage.account.apiToken.value) }),
      /auth\.lock: the environment variable CLOUDFLARE_API_TOKEN has a line break in it/
    ]
  ] as const)('explains a line break in %s in one sentence', async (_where, env, sentence) => {
    const { main } = await runWith(env())
    expect(main.exitCode).toBe(1)
    expect(main.log).toMatch(sentence)
    expect(main.log).not.toMatch(/defect|Trying again/)
    expect(stage.leaks()).toEqual([])
  })

  it('explains a line break in an input in one sentence', async () => {
    const { main } = await runWith(
      {},
      { 'github-secrets-token': split(stage.account.githubSecretsToken.value) }
    )
    expect(main.exitCode).toBe(1)
    expect(main.log).toMatch(/github-secrets-token: has a line break in it/)
    expect(main.log).not.toMatch(/Trying again/)
  })

  it('names the earlier step that created no token instead of the configuration', async () => {
    const { main } = await runWith({}, { 'github-secrets-token': '' })
    expect(main.exitCode).toBe(1)
    expect(main.log).toMatch(
      /^error: github-secrets-token: is not set or empty: the step that creates the token failed/m
    )
    expect(main.log).not.toContain("can't be used")
  })

  it('masks nothing because of an input of one character', async () => {
    const { main } = await runWith({}, { 'github-secrets-token': 'e' })
    expect(main.exitCode).toBe(1)
    expect(main.log).not.toContain('***')
    expect(main.output).not.toMatch(/^::add-mask::.{0,3}$/m)
  })

  it('rotates when SECONDARY holds the placeholder 1', async () => {
    const dummies = { SECONDARY_TOKEN_CREATION_TOKEN: '1', SECONDARY_SECRET_EDIT_TOKEN: '1' }
    const { main } = await runWith(dummies)
    expect(main.exitCode).toBe(0)
    expect(main.log).not.toContain('***')
    expect(main.summary).not.toMatch(/\*\*\*|NaN/)
    expect(JSON.parse(main.outputs['record']!)).toMatchObject({ outcome: 'rotated' })
  }, 60_000)

  it('does not report a GitHub Enterprise Server without rate limits', async () => {
    stage.sandbox.github.limitsRate = false
    const { main } = await runWith({}, { command: 'check' })
    stage.sandbox.github.limitsRate = true
    expect(main.log).not.toContain('rate_limit')
    expect(main.outputs['outcome']).toBe('healthy')
  }, 60_000)

  it('takes a run without an attempt number for the first attempt', async () => {
    const { main } = await runWith({ GITHUB_RUN_ATTEMPT: '' }, { command: 'plan' })
    expect(main.exitCode).toBe(0)
    expect(JSON.parse(main.outputs['record']!)).toMatchObject({ run: { attempt: 1 } })
  }, 60_000)

  it('names a Node.js that is too old in one sentence before it calls anything', async () => {
    stage.sandbox.transcript.clear()
    const { main, post } = await runWith({ NODE_OPTIONS: OLD_NODE })
    expect(main.exitCode).toBe(1)
    expect(main.log.trim().split('\n')).toEqual([
      'error: rotate-action needs Node.js 22 or later, and this runner has 20.20.2: update it. Nothing was called and nothing was changed.'
    ])
    expect(main.outputs['outcome']).toBe('failed')
    expect(post.exitCode).toBe(0)
    expect(post.log.trim()).toBe('')
    expect(stage.sandbox.transcript.calls).toEqual([])
  })

  it('says until when a rotation is not due', async () => {
    expect((await runWith({}, { config: MONTHLY, force: 'true' })).main.outputs['outcome']).toBe('rotated')
    const { main } = await runWith({}, { config: MONTHLY })
    const due = main.outputs['next-due']!
    expect(main.log).toContain(`[bootstrap] not-due: The next rotation is due at ${due}.`)
    expect(main.summary).toContain(`The next rotation is due at ${unbreakable(formatTime(due))}.`)
  }, 60_000)
})
