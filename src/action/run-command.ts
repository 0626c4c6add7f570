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

/** Longest output of a command that is kept of each stream, in characters. */
const MAX_OUTPUT = 64 * 1024
/**
 * What the runner gives to the action alone: inputs, its state and file commands, and tokens for the runner's own services; and what makes Node.js
 * print the environments of processes.
 */
const PRIVATE = /^(INPUT_|STATE_|ACTIONS_|NODE_DEBUG)|^GITHUB_(OUTPUT|STATE|ENV|PATH|STEP_SUMMARY|TOKEN)$/i
/** Where the runner keeps the files by which a step gives it commands; its source, FileCommandManager. */
const COMMAND_FILE = /[\\/]_runner_file_commands[\\/]/
/** bash refuses other names. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/
/** The variable that processes of a command are found by. */
const MARK = 'ROTATE_ACTION_COMMAND'

/**
 * Reads the environment from a pipe, then becomes the command. So `NODE_DEBUG`, by which Node.js prints the environment of each process that it
 * starts, has none to print.
 */
const LOADER =
  'while IFS= read -r -d "" variable <&3; do export "$variable" 2>/dev/null || :; done; exec 3<&-; exec bash -eo pipefail -c "$1"'

/** So long may what a command left behind hold its output open after it has ended, in milliseconds. */
const LINGER_MS = 200

/** Makes what runs a command by `bash -eo pipefail -c`, so that everything that it started ends with it. */
export function createRunCommand(env: NodeJS.ProcessEnv): RunCommand {
  const base = Object.entries(env).filter(
    ([name, value]) => VARIABLE.test(name) && !PRIVATE.test(name) && !COMMAND_FILE.test(value ?? '')
  )
  return (request) =>
    request.signal.aborted
      ? Promise.resolve({ ending: { state: 'cancelled' }, stdout: NOTHING, stderr: NOTHING })
      : start(request, Object.fromEntries(base))
}

const NOTHING: CommandStream = { text: '', cut: false }

function start(
  { command, env, timeoutMs, signal }: CommandRequest,
  base: NodeJS.ProcessEnv
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const mark = { [MARK]: randomUUID() }
    const all: NodeJS.ProcessEnv = { ...base, ...env, ...mark }
    let killed: CommandEnding | undefined
    const child = spawn('bash', ['-c', LOADER, 'bash', command], {
      env: { ...(all['PATH'] === undefined ? {} : { PATH: all['PATH'] }), ...mark },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true
    })
    // Each was asked for by `stdio`, which the type of more than three does not tell.
    const [, out, err, pipe] = child.stdio as unknown as [null, Readable, Readable, Writable]
    const stdout = collect(out)
    const stderr = collect(err)
    giveEnvironment(pipe, all)
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
      // What could not be ended may still hold the streams open.
      setTimeout(() => {
        out.destroy()
        err.destroy()
      }, LINGER_MS).unref()
    })
    child.once('close', (code) => settle(killed ?? { state: 'exited', exitCode: code ?? 128 }))
  })
}

/** Keeps the beginning of a stream. */
function collect(stream: Readable): () => CommandStream {
  const chunks: string[] = []
  let length = 0
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    if (length < MAX_OUTPUT) chunks.push(chunk.slice(0, MAX_OUTPUT - length))
    length += chunk.length
  })
  return () => ({ text: chunks.join(''), cut: length > MAX_OUTPUT })
}

function giveEnvironment(pipe: Writable, env: NodeJS.ProcessEnv): void {
  // A command that has ended does not read to the end, which is no error.
  pipe.on('error', () => undefined)
  pipe.end(
    Object.entries(env)
      .flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}\0`))
      .join('')
  )
}
