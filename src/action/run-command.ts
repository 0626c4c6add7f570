import { spawn } from 'node:child_process'
import type { CommandResult, RunCommand } from '../probes/command.ts'

/** Longest output of a command that is kept, in characters. */
const MAX_OUTPUT = 64 * 1024
/** What the runner gives to the action alone: inputs, its state and file commands, and tokens for the runner's own services. */
const PRIVATE = /^(INPUT_|STATE_|ACTIONS_)|^GITHUB_(OUTPUT|STATE|ENV|PATH|STEP_SUMMARY|TOKEN)$/

/** Makes what runs a command by `bash -eo pipefail -c`, in a process group of its own, so that what it started ends with it. */
export function createRunCommand(env: NodeJS.ProcessEnv): RunCommand {
  const base = Object.fromEntries(Object.entries(env).filter(([name]) => !PRIVATE.test(name)))
  return ({ command, env: added, timeoutMs, signal }) =>
    new Promise<CommandResult>((resolve) => {
      const chunks: string[] = []
      let length = 0
      let timedOut = false
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
      const kill = (): void => {
        try {
          if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
        } catch {
          // The group has ended by itself.
        }
      }
      const timer = setTimeout(() => {
        timedOut = true
        kill()
      }, timeoutMs)
      signal.addEventListener('abort', kill, { once: true })
      const settle = (exitCode: number | undefined, text?: string): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', kill)
        resolve({ exitCode, output: text ?? chunks.join(''), timedOut })
      }
      child.once('error', (error) => settle(undefined, error.message))
      child.once('close', (code) => settle(timedOut ? undefined : (code ?? 128)))
    })
}
