import type { ChildProcess } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { SecretRegistry } from '../../src/kernel/secret.ts'
import { interruptAt } from './interrupt.ts'
import { recordOf, typeCommand, type ShellOptions, type ShellResult } from './shell.ts'
import { Stage } from './stage.ts'

const PAIR = ['TOKEN_CREATION_TOKEN', 'SECRET_EDIT_TOKEN']

let stage: Stage
let shown: string[]
beforeEach(async () => {
  shown = []
  stage = await Stage.open()
})
afterEach(async () => {
  expect(findShown()).toEqual([])
  await stage.close()
})

/** Types a command with the current values in the environment. */
async function type(command: string, options: ShellOptions = {}): Promise<ShellResult> {
  const result = await typeCommand(stage, command.split(' '), { env: stage.environment(), ...options })
  shown.push(`${result.stdout}\n${result.stderr}`)
  return result
}

/** Outputs that show a secret, or a command to the runner. */
function findShown(): readonly string[] {
  const { cloudflare } = stage.sandbox
  const keeper = new SecretRegistry(() => undefined)
  for (const { value } of cloudflare.tokens.all) keeper.register(value)
  keeper.register(stage.account.githubSecretsToken.value)
  return shown.filter((text) => keeper.redact(text) !== text || /^::/m.test(text) || text.includes('\u001b'))
}

describe('the command line', () => {
  it('checks, plans, rotates, rolls back and contains as the action does, with the result on standard output', async () => {
    const plan = await type('plan')
    expect(plan).toMatchObject({ exitCode: 0, signal: null })
    expect(plan.stdout).toMatch(/^bootstrap: planned: It would rotate\. /)
    expect(plan.stdout).toContain('  create token-creation: a new account-token, modelled on ')
    expect(stage.managed()).toEqual([])

    const rotated = await type('rotate')
    expect({ code: rotated.exitCode, errors: rotated.stderr.includes('error') }).toEqual({
      code: 0,
      errors: false
    })
    expect(rotated.stdout).toMatch(/^bootstrap: rotated/)
    expect(rotated.stdout).toMatch(/^ {2}secret-edit: [0-9a-f]{32} replaced [0-9a-f]{32}$/m)
    expect(rotated.stderr).toContain('[bootstrap] ')
    expect(stage.managed()).toHaveLength(2)
    expect(stage.slots().store).toEqual(stage.slots().github)

    const checked = await type('check')
    expect(checked).toMatchObject({ exitCode: 0 })
    expect(checked.stdout.trimEnd().split('\n').at(-1)).toBe('healthy')

    const before = stage.slots().github
    expect(await type('rollback')).toMatchObject({ exitCode: 0 })
    for (const name of PAIR) expect(stage.slots().github[`PRIMARY_${name}`]).toBe(before[`SECONDARY_${name}`])

    const contained = await type('contain --reason leaked --json')
    expect(contained.exitCode).toBe(0)
    expect(recordOf(contained)).toMatchObject({
      command: 'contain',
      outcome: 'rotated',
      run: { repository: 'octo-org/ops', event: 'command-line', reason: 'leaked' }
    })
    for (const name of PAIR)
      expect(stage.sandbox.cloudflare.tokens.works(before[`SECONDARY_${name}`]!)).toBe(false)
    expect(stage.account.namespace.keys).toHaveLength(0)
  }, 60_000)

  it('shares its journal with the action: each goes on where the other ended', async () => {
    expect(await type('rotate')).toMatchObject({ exitCode: 0 })
    const [home] = stage.managed().map((name) => name.split('/')[1])
    const job = await stage.run()
    expect(job.main.outputs['outcome']).toBe('rotated')
    expect(await type('rotate')).toMatchObject({ exitCode: 0 })
    expect(new Set(stage.managed().map((name) => name.split('/')[1]))).toEqual(new Set([home]))
    expect(stage.managed()).toHaveLength(4)
  }, 60_000)

  it('reads values from .env, warns when others can read it, and says that they are outdated after a rotation', async () => {
    const env = Object.entries(stage.environment()).map(([name, value]) => `${name}="${value}"`)
    const files = { '.env': `${env.join('\n')}\n` }
    const { exitCode, stderr } = await type('rotate', { env: {}, files })
    expect({ exitCode, warned: stderr.includes('readable') }).toEqual({ exitCode: 0, warned: false })
    expect(stderr).toContain('The values in .env are outdated now')
    const open = await type('plan', { env: {}, files, mode: 0o644 })
    expect(open.stderr).toContain('warning: .env is readable by other users: `chmod 600 .env`.')
  }, 60_000)

  it('says all that is wrong with what was typed, or is missing, and exits with 2', async () => {
    const begun = stage.sandbox.transcript.length
    const wrong = await type('rotate --without gitlab --repository ops --reason exposure extra')
    expect(wrong).toMatchObject({ exitCode: 2, stdout: '' })
    for (const what of [
      'one argument too many',
      '--without: must be github',
      '--repository: must be',
      '`rotate-action contain`'
    ])
      expect(wrong.stderr).toContain(what)
    expect(await type('rotate --nope')).toMatchObject({ exitCode: 2 })
    const rest = { ...stage.environment(), PRIMARY_SECRET_EDIT_TOKEN: '' }
    const lacking = await type('rotate', { env: rest })
    expect(lacking.exitCode).toBe(2)
    expect(lacking.stderr).toContain(
      'PRIMARY_SECRET_EDIT_TOKEN is not set or empty: set it in the environment or in the file of --env-file'
    )
    expect(lacking.stderr).not.toMatch(/the step|\$\{\{|Alert/)
    expect(stage.sandbox.transcript.since(begun).filter(({ method }) => method !== 'GET')).toEqual([])
  }, 60_000)

  it('exits with 3 and changes nothing while another run holds the lock', async () => {
    const run = 'https://github.com/octo-org/ops/actions/runs/5'
    const expires = stage.sandbox.clock.now() + 60_000
    stage.account.namespace.write('rotate/bootstrap', {
      value: JSON.stringify({ owner: '5.1/x', run, expires, ttl: 60_000 })
    })
    const { exitCode, stdout } = await type('rotate')
    expect({ exitCode, stdout }).toEqual({
      exitCode: 3,
      stdout: expect.stringMatching(/^bootstrap: locked: .*runs\/5/)
    })
  }, 60_000)
})

describe('a command that is interrupted', () => {
  beforeEach(async () => {
    await type('rotate')
  })

  it('undoes what it began at the first Ctrl-C, and exits with 130', async () => {
    const before = stage.slots()
    const onStart = interruptAt(stage, /^PATCH .*\/secrets_store/, 'SIGINT')
    const { exitCode, stderr } = await type('rotate', { onStart })
    expect(exitCode).toBe(130)
    expect(stderr).toContain('warning: SIGINT: stopping; the run ends what it has begun, or undoes it.')
    for (const place of ['store', 'github'] as const)
      for (const name of PAIR)
        expect(stage.slots()[place][`PRIMARY_${name}`]).toBe(before[place][`PRIMARY_${name}`])
    expect(stage.account.namespace.keys).toHaveLength(0)
  }, 60_000)

  it('leaves consumers working when it is killed between two writes, and the next command repairs it', async () => {
    const onStart = interruptAt(stage, /^PUT .*\/secrets\/PRIMARY_/, 'SIGKILL')
    expect(await type('rotate', { onStart })).toMatchObject({ signal: 'SIGKILL' })
    for (const value of Object.values(stage.slots().github))
      expect(stage.sandbox.cloudflare.tokens.works(value)).toBe(true)
    for (const key of stage.account.namespace.keys) stage.account.namespace.delete(key)
    expect(await type('rotate')).toMatchObject({ exitCode: 0 })
    expect(stage.slots().store).toEqual(stage.slots().github)
  }, 60_000)

  it('takes signals within a second for one, as npm passes them on, and at a later one ends at once and says what stays', async () => {
    let child: ChildProcess | undefined
    let sent = 0
    stage.sandbox.onCall(async ({ phase, call }) => {
      if (phase !== 'before' || call.method !== 'PATCH' || child === undefined) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setInterval(() => {
        sent += 1
        child?.kill('SIGINT')
      }, 50)
      child.once('exit', () => {
        clearInterval(timer)
        resolve()
      })
      await promise
    })
    const { exitCode, stderr } = await type('rotate', { onStart: (started) => (child = started) })
    expect(exitCode).toBe(130)
    expect(sent).toBeGreaterThan(5)
    expect(stderr).toContain(
      'error: Ended at once, while bootstrap was being written: destinations may differ'
    )
    for (const value of Object.values(stage.slots().github))
      expect(stage.sandbox.cloudflare.tokens.works(value)).toBe(true)
  }, 60_000)
})
