import { spawn } from 'node:child_process'
import type { CommandResult, RunCommand } from '../probes/command.ts'

/** Longest output of a command that is kept, in characters. */
const MAX_OUTPUT = 64 * 1024
/** What the runner gives to the action alone: inputs, its state and file commands, and tokens for the runner's own services. */
const PRIVATE = /^(INPUT_|STATE_|ACTIONS_)|^GITHUB_(OUTPUT|STATE|ENV|PATH|STEP_SUMMARY|TOKEN)$/

/** So long may what a command left behind hold its output open after it has ended, in milliseconds. */
const LINGER_MS = 200

/** Makes what runs a command by `bash -eo pipefail -c`, in a process group of its own, so that what it started ends with it. */
export function createRunCommand(env: NodeJS.ProcessEnv): RunCommand {
  const base = Object.fromEntries(Object.entries(env).filter(([name]) => !PRIVATE.test(name)))
  return ({ command, env: added, timeoutMs, signal }) => {
    if (signal.aborted) return Promise.resolve({ exitCode: undefined, output: '', timedOut: false })
    return new Promise<CommandResult>((resolve) => {
      const chunks: string[] = []
      let length = 0
      let ending: 'by itself' | 'time' | 'abort' = 'by itself'
      const child = spawn('bash', ['-eo', 'pipefail', '-c', command], {
        env: { ...base, ...added },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true
      })
      const collect = (chunk: string): void => {
        if (length < MAX_OUTPUT) chunks.push(chunk.slice(0, MAX_OUTPUT - length))
        length += chunk.length
      }
      child.stdout.setEncoding('utf8').on('data', collect)
      child.stderr.setEncoding('utf8').on('data', collect)
      const killGroup = (): void => {
        try {
          if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
        } catch {
          // The group has ended by itself.
        }
      }
      const end = (because: typeof ending): void => {
        ending = because
        killGroup()
      }
      const timer = setTimeout(() => end('time'), timeoutMs)
      const abort = (): void => end('abort')
      signal.addEventListener('abort', abort, { once: true })
      const settle = (exitCode: number | undefined, text?: string): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
        resolve({ exitCode, output: text ?? chunks.join(''), timedOut: ending === 'time' })
      }
      child.once('error', (error) => settle(undefined, error.message))
      child.once('exit', () => {
        clearTimeout(timer)
        killGroup()
        // What left the group may still hold the streams open.
        setTimeout(() => {
          child.stdout.destroy()
          child.stderr.destroy()
        }, LINGER_MS).unref()
      })
      child.once('close', (code) => settle(ending === 'by itself' ? (code ?? 128) : undefined))
    })
  }
}
