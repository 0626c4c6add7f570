import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { createRunCommand } from '../../src/process/run-command.ts'
import { systemClock } from '../../src/process/system-clock.ts'
import { DestinationCommands } from '../../src/destinations/command/command-call.ts'
import { CommandDestination } from '../../src/destinations/command/command.ts'
import { createTurns } from '../../src/destinations/command/turns.ts'
import { Secret } from '../../src/kernel/secret.ts'
import type { SlotWrite } from '../../src/rotation/model/destination.ts'
import { listFiles, read, root } from '../contract/repository.ts'

jest.setTimeout(60_000)

/** A script with the programs that it calls. */
interface Recipe {
  readonly script: string
  /** The tool that a stand-in replaces where one of these is not installed. */
  readonly tool: string
  /** Programs with which the real tool works without an account; left out, it is always replaced. */
  readonly real?: readonly string[]
  readonly env: (folder: string) => Readonly<Record<string, string>>
  /** Prepares the folder; `isReal` where the real tool is used. */
  readonly prepare?: (folder: string, isReal: boolean) => Readonly<Record<string, string>>
}

const RECIPES: readonly Recipe[] = [
  {
    script: 'sops.sh',
    tool: 'sops',
    real: ['sops', 'age-keygen'],
    env: () => ({ SECRETS_FILE: 'secrets.enc.json', SOPS_AGE_RECIPIENTS: 'age1recipient' }),
    prepare: (folder, isReal) => {
      createRepository(folder)
      if (!isReal) return {}
      const key = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      const [, recipient = ''] = /public key: (\S+)/.exec(key) ?? []
      return { SOPS_AGE_KEY: key, SOPS_AGE_RECIPIENTS: recipient }
    }
  },
  { script: '1password.sh', tool: 'op', env: () => ({ OP_VAULT: 'ops', OP_ITEM: 'site' }) },
  { script: 'doppler.sh', tool: 'doppler', env: () => ({}) },
  { script: 'aws-ssm.sh', tool: 'aws', env: () => ({ SSM_PATH: '/team/site/' }) },
  { script: 'kubernetes.sh', tool: 'kubectl', env: () => ({ K8S_NAMESPACE: 'ops', K8S_SECRET: 'site' }) },
  { script: 'vault.sh', tool: 'vault', env: () => ({ VAULT_MOUNT: 'kv', VAULT_SECRET: 'team/site' }) },
  {
    script: 'pass.sh',
    tool: 'pass',
    real: ['pass', 'gpg'],
    env: (folder) => ({ PASSWORD_STORE_DIR: join(folder, 'store'), PASS_FOLDER: 'site' }),
    prepare: (folder, isReal) => (isReal ? createPasswordStore(folder) : {})
  }
]

function createRepository(folder: string): void {
  execFileSync('git', ['init', '-q', '-b', 'main', folder])
}

function createPasswordStore(folder: string): Readonly<Record<string, string>> {
  const home = join(folder, 'gnupg')
  mkdirSync(home, { mode: 0o700 })
  const env = { ...process.env, GNUPGHOME: home, PASSWORD_STORE_DIR: join(folder, 'store') }
  const parameters = [
    '--batch',
    '--passphrase',
    '',
    '--quick-generate-key',
    'rotation@example.com',
    'future-default'
  ]
  execFileSync('gpg', parameters, { env, stdio: 'ignore' })
  execFileSync('pass', ['init', 'rotation@example.com'], { env, stdio: 'ignore' })
  return { GNUPGHOME: home }
}

function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

describe.each(RECIPES)('examples/destinations/$script', ({ script, tool, real, env, prepare }) => {
  const isReal = real?.every(isInstalled) === true
  let folder: string
  let destination: CommandDestination
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recipe-'))
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    if (!isReal) writeStandIn(join(bin, tool), join(folder, 'state'), tool)
    const path = `${bin}${delimiter}${process.env['PATH'] ?? ''}`
    const commands = new DestinationCommands({
      env: { ...env(folder), ...prepare?.(folder, isReal) },
      runCommand: createRunCommand({ ...process.env, PATH: path }),
      redact: (text) => text,
      forced: new AbortController().signal,
      inTurn: createTurns()
    })
    const command = `cd '${folder}' && '${join(root, 'examples/destinations', script)}'`
    destination = new CommandDestination({
      ...{ label: tool, commands, clock: systemClock },
      namesOf: (name) => [name],
      write: `${command} write`,
      confirm: `${command} confirm`
    })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it(`stores values, shows their fingerprints, and passes no value as an argument (${isReal ? 'the real' : 'a stand-in for'} ${tool})`, async () => {
    const first = new Secret('first-value-0123456789')
    const hard = new Secret(`second "value" with $(signs) 'and' \\ é\nin two lines\n`)
    const third = new Secret('third-value-0123456789')
    expect((await destination.observe(['ONE', 'TWO'])).size).toBe(0)

    await expectStored([writeOf('ONE', first), writeOf('TWO', hard)])
    await expectStored([writeOf('ONE', third)])

    const entries = await destination.observe(['ONE', 'TWO', 'THREE'])
    expect([...entries.keys()].sort()).toEqual(['ONE', 'TWO'])
    expect(entries.get('ONE')?.isValue?.(third)).toBe(true)
    expect(entries.get('ONE')?.isValue?.(first)).toBe(false)
    expect(entries.get('TWO')?.isValue?.(hard)).toBe(true)

    const calls = isReal ? '' : readFileSync(join(folder, 'state.calls'), 'utf8')
    for (const value of ['first-value', 'second', 'third-value']) expect(calls).not.toContain(value)
    expect(isReal || calls.includes(`["${tool}",`)).toBe(true)
  })

  it('fails when its tool fails, so that the run is undone', async () => {
    await expectStored([writeOf('ONE', new Secret('first-value-0123456789'))])
    const broken = join(folder, 'bin', tool)
    writeFileSync(broken, '#!/bin/sh\ncat >/dev/null\necho "no access" >&2\nexit 7\n')
    chmodSync(broken, 0o755)
    const [outcome] = await destination.write([writeOf('ONE', new Secret('third-value-0123456789'))])
    expect(outcome).toMatchObject({ effect: 'unknown' })
    expect(outcome?.error?.message).toContain('no access')
    if (tool !== 'pass' || isReal) await expect(destination.observe(['ONE'])).rejects.toThrow('no access')
  })

  async function expectStored(writes: readonly SlotWrite[]): Promise<void> {
    const outcomes = await destination.write(writes)
    expect(outcomes.map(({ effect, error }) => [effect, error?.message])).toEqual(
      writes.map(() => ['applied', undefined])
    )
    expect(await destination.confirm(outcomes)).toEqual(writes.map(() => ({ state: 'confirmed' })))
  }
})

describe('examples/destinations', () => {
  const scripts = listFiles(/^examples\/destinations\/.*\.sh$/)

  it('holds only scripts that are tested, each in its table', () => {
    expect(scripts).toEqual(RECIPES.map(({ script }) => `examples/destinations/${script}`).sort())
    const readme = read('examples/destinations/README.md')
    for (const { script } of RECIPES) expect(readme).toContain(`| [${script}](${script})`)
  })

  it.each(scripts)('%s is executable, strict, and at most 30 lines long', (file) => {
    const text = read(file)
    expect(text).toMatch(/^#!\/usr\/bin\/env bash\n# .*\nset -euo pipefail\n/)
    expect(text.split('\n').length).toBeLessThanOrEqual(31)
    const [mode] = execFileSync('git', ['ls-files', '-s', file], { cwd: root, encoding: 'utf8' }).split(' ')
    expect(mode).toBe('100755')
  })
})

it('commits each write of sops.sh', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'recipe-'))
  createRepository(folder)
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeStandIn(join(bin, 'sops'), join(folder, 'state'), 'sops')
  const run = createRunCommand({ ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` })
  for (const value of ['one', 'two']) {
    const { ending } = await run({
      command: `cd '${folder}' && '${join(root, 'examples/destinations/sops.sh')}' write`,
      env: { SOPS_AGE_RECIPIENTS: 'age1recipient' },
      stdin: JSON.stringify({ secrets: { NAME: value }, expires: {} }),
      timeoutMs: 30_000,
      signal: new AbortController().signal
    })
    expect(ending).toEqual({ state: 'exited', exitCode: 0 })
  }
  const log = execFileSync('git', ['log', '--format=%s', '--name-only'], { cwd: folder, encoding: 'utf8' })
  expect(log.match(/Rotate secrets\n\nsecrets\.enc\.json/g)).toHaveLength(2)
  expect(existsSync(join(folder, 'secrets.enc.json'))).toBe(true)
  rmSync(folder, { recursive: true, force: true })
})

function writeStandIn(path: string, state: string, tool: string): void {
  const script = join(import.meta.dirname, 'stand-ins.ts')
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${script}' '${state}' ${tool} "$@"\n`)
  chmodSync(path, 0o755)
}

function writeOf(secret: string, value: Secret): SlotWrite {
  return { secret, value, slot: 'primary', holds: 'id', expiresAt: 0 }
}
