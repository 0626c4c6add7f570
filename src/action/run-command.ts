import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import type { CommandRequest, CommandResult, CommandStream, RunCommand } from '../kernel/command.ts'
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
      ? Promise.resolve({ exitCode: undefined, stdout: NOTHING, stderr: NOTHING, timedOut: false })
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
    let ending: 'by itself' | 'time' | 'abort' = 'by itself'
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
    const end = (reason: typeof ending): void => {
      ending = reason
      endAll()
    }
    const timer = setTimeout(() => end('time'), timeoutMs)
    const abort = (): void => end('abort')
    signal.addEventListener('abort', abort, { once: true })
    const settle = (exitCode: number | undefined, notStarted?: string): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      const streams = { stdout: stdout(), stderr: stderr(), timedOut: ending === 'time' }
      resolve({ exitCode, ...streams, ...(notStarted === undefined ? {} : { notStarted }) })
    }
    child.once('error', (error) => settle(undefined, error.message))
    child.once('exit', () => {
      clearTimeout(timer)
      endAll()
      // What could not be ended may still hold the streams open.
      setTimeout(() => {
        out.destroy()
        err.destroy()
      }, LINGER_MS).unref()
    })
    child.once('close', (code) => settle(ending === 'by itself' ? (code ?? 128) : undefined))
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
