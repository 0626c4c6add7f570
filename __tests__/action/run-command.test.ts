import { getEventListeners, once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it } from '@jest/globals'
import { createRunCommand } from '../../src/action/run-command.ts'
import type { CommandRequest, CommandResult } from '../../src/probes/command.ts'

const PATH = process.env['PATH'] ?? ''
const LONG_MS = 60_000

/** Runs a command line in a real bash. */
function run(
  command: string,
  { base = { PATH }, ...request }: Partial<CommandRequest> & { base?: NodeJS.ProcessEnv } = {}
): Promise<CommandResult> {
  const signal = new AbortController().signal
  return createRunCommand(base)({ command, env: {}, timeoutMs: LONG_MS, signal, ...request })
}

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
    expect(await run(command)).toEqual({ exitCode, output: '', timedOut: false })
  })

  it('is read as bash, over several lines, with both streams kept', async () => {
    expect(await run('list=(a "b c")\n[[ ${list[1]} == b* ]]\necho "${#list[@]}"')).toMatchObject({
      output: '2\n'
    })
    expect((await run('echo out; echo err >&2')).output.split('\n').sort()).toEqual(['', 'err', 'out'])
  })

  it('has nothing on its standard input', async () => {
    expect(await run('cat; echo end')).toMatchObject({ exitCode: 0, output: 'end\n' })
  })

  it('that names no command says so', async () => {
    const { exitCode, output, timedOut } = await run('no-such-command-anywhere --now')
    expect({ exitCode, timedOut }).toEqual({ exitCode: 127, timedOut: false })
    expect(output).toContain('no-such-command-anywhere')
  })

  it('without a bash has no exit code', async () => {
    expect(await run('true', { base: { PATH: '/nowhere' } })).toEqual({
      exitCode: undefined,
      output: expect.stringContaining('ENOENT') as unknown,
      timedOut: false
    })
  })

  it('that prints without end is kept in part, and runs to its end', async () => {
    const { exitCode, output } = await run('head -c 300000 /dev/zero | tr "\\0" x; exit 4')
    expect(exitCode).toBe(4)
    expect(output).toBe('x'.repeat(64 * 1024))
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
    'GITHUB_TOKEN'
  ]
  const OPEN = ['HOME', 'GITHUB_REPOSITORY', 'GITHUB_SHA', 'RUNNER_TEMP', 'MY_INPUT_FILE', 'OWN_STATE_NAME']
  const base = { PATH, ...Object.fromEntries([...PRIVATE, ...OPEN].map((name) => [name, `of ${name}`])) }

  it('is that of the step, without what the runner gives to the action alone', async () => {
    const { output } = await run('env', { base })
    const names = output.split('\n').map((line) => line.split('=')[0]!)
    expect(names).toEqual(expect.arrayContaining(['PATH', ...OPEN]))
    expect(names.filter((name) => PRIVATE.includes(name))).toEqual([])
    for (const name of PRIVATE) expect(output).not.toContain(`of ${name}`)
  })

  it('has what is added, as it is, even over a variable of the step', async () => {
    const value = `a "b" $HOME \`c\` 'd'\nz`
    const env = { APP_SECRET: value, HOME: 'mine' }
    expect(await run('printf "%s|%s" "$APP_SECRET" "$HOME"', { base, env })).toMatchObject({
      output: `${value}|mine`
    })
  })

  it('holds nothing of another command', async () => {
    const runCommand = createRunCommand({ PATH })
    const { signal } = new AbortController()
    const common = { command: 'echo "${APP_SECRET-unset}"', timeoutMs: LONG_MS, signal }
    expect((await runCommand({ ...common, env: { APP_SECRET: 'x' } })).output).toBe('x\n')
    expect((await runCommand({ ...common, env: {} })).output).toBe('unset\n')
  })
})

// Both streams stay open as long as any process of the group lives: that the answer comes at all, long before 30 s, says that all have ended.
describe('the whole process group is killed', () => {
  const GROUP = 'trap "" TERM; sleep 30 & (sleep 30 | sleep 30) & sleep 30'

  it('when the time is over', async () => {
    expect(await run(GROUP, { timeoutMs: 50 })).toEqual({ exitCode: undefined, output: '', timedOut: true })
  })

  it('when it ended itself and left something behind', async () => {
    expect(await run('sleep 30 & exit 0', { timeoutMs: 20_000 })).toMatchObject({
      exitCode: 0,
      timedOut: false
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
      expect(result).toMatchObject({ output: 'half\n', timedOut: false })
      expect(result.exitCode).not.toBe(0)
    } finally {
      server.close()
    }
  })

  it('before it began, when the run was stopped already', async () => {
    expect((await run('echo ran', { signal: AbortSignal.abort() })).output).toBe('')
  })

  it('and nobody listens for the end of the run any longer', async () => {
    const { signal } = new AbortController()
    const running = run('true', { signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await running
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
