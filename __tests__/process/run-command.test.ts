import { getEventListeners, once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { createRunCommand } from '../../src/process/run-command.ts'
import type { CommandRequest, CommandResult } from '../../src/kernel/command.ts'

const PATH = process.env['PATH'] ?? ''
const LONG_MS = 60_000
const QUIET = { text: '', cut: false }
const text = (of: string, cut = false) => ({ text: of, cut })

/** Runs a command line in a real bash. */
function run(
  command: string,
  { base = { PATH }, ...request }: Partial<CommandRequest> & { base?: NodeJS.ProcessEnv } = {}
): Promise<CommandResult> {
  const signal = new AbortController().signal
  return createRunCommand(base)({ command, env: {}, timeoutMs: LONG_MS, signal, ...request })
}

const ENDED_WELL = { state: 'exited', exitCode: 0 }

describe('a command line', () => {
  it.each([
    ['true', 0],
    ['exit 3', 3],
    ['false; echo not reached', 1],
    ['false | cat', 1],
    ['(exit 7) | true | cat', 7],
    ['if false; then :; fi', 0],
    ['kill -KILL $$', 128]
  ])('%s: exit code %i', async (command, exitCode) => {
    expect(await run(command)).toEqual({
      ending: { state: 'exited', exitCode },
      stdout: QUIET,
      stderr: QUIET
    })
  })

  it('is read as bash, over several lines, with both streams kept', async () => {
    expect(await run('list=(a "b c")\n[[ ${list[1]} == b* ]]\necho "${#list[@]}"')).toMatchObject({
      stdout: text('2\n')
    })
    expect(await run('echo out; echo err >&2')).toMatchObject({
      stdout: text('out\n'),
      stderr: text('err\n')
    })
  })

  it('has nothing on its standard input', async () => {
    expect(await run('cat; echo end')).toMatchObject({ ending: ENDED_WELL, stdout: text('end\n') })
  })

  it('that names no command says so', async () => {
    const { ending, stderr } = await run('no-such-command-anywhere --now')
    expect(ending).toEqual({ state: 'exited', exitCode: 127 })
    expect(stderr.text).toContain('no-such-command-anywhere')
  })

  it('without a bash has no exit code', async () => {
    expect(await run('true', { base: { PATH: '/nowhere' } })).toEqual({
      ending: { state: 'not-started', reason: expect.stringContaining('ENOENT') as unknown },
      stdout: QUIET,
      stderr: QUIET
    })
  })

  it('that prints without end is kept in part, and runs to its end', async () => {
    const { ending, stdout, stderr } = await run(
      'head -c 300000 /dev/zero | tr "\\0" x; echo why >&2; exit 4'
    )
    expect(ending).toEqual({ state: 'exited', exitCode: 4 })
    expect(stdout).toEqual(text('x'.repeat(64 * 1024), true))
    expect(stderr).toEqual(text('why\n'))
  })
})

describe('the environment of a command', () => {
  const PRIVATE = [
    'INPUT_CONFIG',
    'INPUT_CLOUDFLARE-API-URL',
    'STATE_started',
    'ACTIONS_RUNTIME_TOKEN',
    'ACTIONS_ID_TOKEN_REQUEST_URL',
    'GITHUB_OUTPUT',
    'GITHUB_STATE',
    'GITHUB_ENV',
    'GITHUB_PATH',
    'GITHUB_STEP_SUMMARY',
    'GITHUB_TOKEN',
    'input_config',
    'Github_Output',
    'github_env',
    'actions_runtime_token',
    'NODE_DEBUG',
    'not a name',
    'GITHUB_OTHER_NAME_OF_A_COMMAND_FILE',
    'GITHUB_APP_TOKEN',
    'RUNNER_SECRET',
    'PRIMARY_TOKEN_CREATION_TOKEN',
    'NPM_CONFIG_REGISTRY',
    'EDITOR'
  ]
  const OPEN = [
    'HOME',
    'LANG',
    'LC_ALL',
    'CI',
    'GITHUB_REPOSITORY',
    'GITHUB_SHA',
    'RUNNER_TEMP',
    'XDG_CONFIG_HOME',
    'HTTPS_PROXY',
    'no_proxy',
    'NODE_EXTRA_CA_CERTS'
  ]
  const base = {
    PATH,
    ...Object.fromEntries([...PRIVATE, ...OPEN].map((name) => [name, `of ${name}`])),
    GITHUB_OTHER_NAME_OF_A_COMMAND_FILE:
      '/tmp/_runner_file_commands/set_env_1 of GITHUB_OTHER_NAME_OF_A_COMMAND_FILE'
  }

  it('holds the variables of the machine and the runner, and nothing else of the step', async () => {
    const output = (await run('env', { base })).stdout.text
    const names = output.split('\n').map((line) => line.split('=')[0]!)
    expect(names).toEqual(expect.arrayContaining(['PATH', ...OPEN]))
    expect(names.filter((name) => PRIVATE.includes(name))).toEqual([])
    for (const name of PRIVATE) expect(output).not.toContain(`of ${name}`)
  })

  it('has what is added, as it is, even over a variable of the step', async () => {
    const value = `a "b" $HOME \`c\` 'd'\nz`
    const env = { APP_SECRET: value, HOME: 'mine' }
    expect(await run('printf "%s|%s" "$APP_SECRET" "$HOME"', { base, env })).toMatchObject({
      stdout: text(`${value}|mine`)
    })
  })

  it('holds nothing of another command', async () => {
    const runCommand = createRunCommand({ PATH })
    const { signal } = new AbortController()
    const common = { command: 'echo "${APP_SECRET-unset}"', timeoutMs: LONG_MS, signal }
    expect((await runCommand({ ...common, env: { APP_SECRET: 'x' } })).stdout.text).toBe('x\n')
    expect((await runCommand({ ...common, env: {} })).stdout.text).toBe('unset\n')
  })
})

// Both streams stay open as long as any process of the group lives: that the answer comes at all, long before 30 s, says that all have ended.
describe('the whole process group is killed', () => {
  const GROUP = 'trap "" TERM; sleep 30 & (sleep 30 | sleep 30) & sleep 30'

  it('when the time is over', async () => {
    expect(await run(GROUP, { timeoutMs: 50 })).toEqual({
      ending: { state: 'timed-out' },
      stdout: QUIET,
      stderr: QUIET
    })
  })

  it('when it ended itself and left something behind', async () => {
    expect(await run('sleep 30 & exit 0', { timeoutMs: 20_000 })).toMatchObject({
      ending: ENDED_WELL
    })
  })

  it('when the run is stopped', async () => {
    const controller = new AbortController()
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      controller.abort()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    try {
      const result = await run(`sleep 30 & echo half; exec 3<>/dev/tcp/127.0.0.1/${port}; sleep 30`, {
        signal: controller.signal
      })
      expect(result).toMatchObject({ stdout: text('half\n'), ending: { state: 'cancelled' } })
    } finally {
      server.close()
    }
  })

  it('before it began, when the run was stopped already', async () => {
    expect((await run('echo ran', { signal: AbortSignal.abort() })).stdout.text).toBe('')
  })

  // Elsewhere there is no /proc, which finds a process that left its group: there only the group is ended.
  const linuxOnly = process.platform === 'linux' ? it.each : it.skip.each
  linuxOnly([
    ['that it left in a session of its own', 'setsid sleep 300 & echo $!; sleep 0.2', LONG_MS],
    ['in a session of its own, when the time is over', 'setsid sleep 300 & echo $!; sleep 60', 400],
    [
      'with an environment of its own, when the time is over',
      'env -i setsid sleep 300 & echo $!; sleep 60',
      400
    ],
    [
      'that ignores the end of its group',
      'setsid bash -c "trap : TERM HUP; sleep 300; :" & echo $!; sleep 0.2',
      LONG_MS
    ]
  ])('with a process %s', async (_which, command, timeoutMs) => {
    const { stdout } = await run(command, { timeoutMs })
    const pid = Number(stdout.text)
    expect(pid).toBeGreaterThan(1)
    // A process that was killed can still be listed, as dead, until its parent has asked for it.
    const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') Z'
    expect(state).toMatch(/\) [ZX]/)
  })

  it('and nobody listens for the end of the run any longer', async () => {
    const { signal } = new AbortController()
    const running = run('true', { signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await running
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
