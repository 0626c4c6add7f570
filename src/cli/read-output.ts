import { spawnSync } from 'node:child_process'

/** Runs a program and returns its output; undefined where it fails or does not exist. */
export type ReadOutput = (program: string, args: readonly string[]) => string | undefined

/** Longest time for a program that only reads, in milliseconds. */
const TIMEOUT_MS = 10_000

/** Runs real programs in the current directory. */
export const readOutput: ReadOutput = (program, args) => {
  const { status, stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: TIMEOUT_MS
  })
  return status === 0 ? stdout.trim() : undefined
}
