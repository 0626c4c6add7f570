import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import type {
  CommandEnding,
  CommandRequest,
  CommandResult,
  CommandStream,
  RunCommand
} from '../kernel/command.ts'
import { endProcesses } from './process-tree.ts'

/** Longest output that is kept of each stream, in characters. */
const MAX_OUTPUT = 64 * 1024
/**
 * Variables that a command sees: those of the machine and of the runner, with proxies and certificates, without which a program cannot reach its
 * service. Everything else of the step may be a secret.
 */
const USUAL =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TERM|TMPDIR|TMP|TEMP|CI|ImageOS|ImageVersion|AGENT_TOOLSDIRECTORY|(RUNNER|GITHUB|XDG)_\w+|(HTTPS?|NO|ALL)_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$|^(https?|no|all)_proxy$/
/** Of the runner's variables, those by which a step speaks to the runner or to GitHub. */
const PRIVATE = /^GITHUB_(OUTPUT|STATE|ENV|PATH|STEP_SUMMARY|TOKEN)$|TOKEN|SECRET|PASSWORD/
/** Folder of the files by which a step gives commands to the runner (the runner's source, FileCommandManager). */
const COMMAND_FILE = /[\\/]_runner_file_commands[\\/]/
/** Variable by which the processes of a command are found. */
const MARK = 'ROTATE_ACTION_COMMAND'

/**
 * Script that reads the environment from a pipe and then becomes the command. Node.js, which prints the environment of a process that it starts
 * when `NODE_DEBUG` is set, therefore has nothing to print. Without `--norc` bash would read `~/.bashrc` when its input is one of Node.js's pipes,
 * which it takes for a network connection.
 */
const LOADER =
  'while IFS= read -r -d "" variable <&3; do export "$variable" 2>/dev/null || :; done; exec 3<&-; exec bash --norc -eo pipefail -c "$1"'

/** Time for which processes that a command left behind may hold its output open, in milliseconds. */
const LINGER_MS = 200

/** Makes a runner of commands by `bash -eo pipefail -c`; every process that a command started ends with it. */
export function createRunCommand(env: NodeJS.ProcessEnv): RunCommand {
  const base = Object.entries(env).filter(
    ([name, value]) => USUAL.test(name) && !PRIVATE.test(name) && !COMMAND_FILE.test(value ?? '')
  )
  return (request) =>
    request.signal.aborted
      ? Promise.resolve({ ending: { state: 'cancelled' }, stdout: NOTHING, stderr: NOTHING })
      : start(request, Object.fromEntries(base))
}

const NOTHING: CommandStream = { text: '', cut: false }

function start(
  { command, env, stdin, timeoutMs, signal }: CommandRequest,
  base: NodeJS.ProcessEnv
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const mark = { [MARK]: randomUUID() }
    const all: NodeJS.ProcessEnv = { ...base, ...env, ...mark }
    let killed: CommandEnding | undefined
    const child = spawn('bash', ['--norc', '-c', LOADER, 'bash', command], {
      env: { ...(all['PATH'] === undefined ? {} : { PATH: all['PATH'] }), ...mark },
      stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', 'pipe'],
      detached: true
    })
    // `stdio` asks for each of them, but the type for more than three streams does not say so.
    const [input, out, err, pipe] = child.stdio as unknown as [Writable | null, Readable, Readable, Writable]
    const stdout = collect(out)
    const stderr = collect(err)
    if (input !== null) give(input, stdin ?? '')
    give(pipe, formEnvironment(all))
    const endAll = (): void => {
      if (child.pid !== undefined) endProcesses({ pid: child.pid, mark: `${MARK}=${mark[MARK]}` })
    }
    const kill = (state: 'timed-out' | 'cancelled'): void => {
      killed = { state }
      endAll()
    }
    const timer = setTimeout(() => kill('timed-out'), timeoutMs)
    const abort = (): void => kill('cancelled')
    signal.addEventListener('abort', abort, { once: true })
    const settle = (ending: CommandEnding): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      resolve({ ending, stdout: stdout(), stderr: stderr() })
    }
    child.once('error', ({ message: reason }) => settle({ state: 'not-started', reason }))
    child.once('exit', () => {
      clearTimeout(timer)
      endAll()
      // Processes that could not be ended may still hold the streams open.
      setTimeout(() => {
        out.destroy()
        err.destroy()
      }, LINGER_MS).unref()
    })
    child.once('close', (code) => settle(killed ?? { state: 'exited', exitCode: code ?? 128 }))
  })
}

/** Collects the beginning of a stream. */
function collect(stream: Readable): () => CommandStream {
  const chunks: string[] = []
  let length = 0
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    if (length < MAX_OUTPUT) chunks.push(chunk.slice(0, MAX_OUTPUT - length))
    length += chunk.length
  })
  return () => ({ text: chunks.join(''), cut: length > MAX_OUTPUT })
}

function give(pipe: Writable, text: string): void {
  // It is not an error when a command ends before it has read everything.
  pipe.on('error', () => undefined)
  pipe.end(text)
}

function formEnvironment(env: NodeJS.ProcessEnv): string {
  return Object.entries(env)
    .flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}\0`))
    .join('')
}
