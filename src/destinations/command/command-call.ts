import type { CommandEnding, CommandRequest, CommandResult, RunCommand } from '../../kernel/command.ts'
import { RotationError, type Effect, type ErrorCode } from '../../kernel/error.ts'
import { REVEALING_LENGTH } from '../../kernel/secret-search.ts'
import type { InTurn } from './turns.ts'

/** What {@link DestinationCommands} is built from. */
export interface DestinationCommandsOptions {
  /** More variables of the commands' environment, with their values filled in. */
  readonly env: Readonly<Record<string, string>>
  readonly runCommand: RunCommand
  readonly redact: (text: string) => string
  /** Aborted when no more calls may be made. */
  readonly forced: AbortSignal
  readonly inTurn: InTurn
}

/** One call of a command of a destination. */
export interface CommandCall {
  /** Its key in the configuration. */
  readonly key: 'write' | 'confirm'
  readonly command: string
  /** Becomes JSON on its standard input. */
  readonly input: unknown
}

/** Longest time that a command may take. */
const TIMEOUT_MS = 120_000
/** Longest reason that is quoted from a command, in characters. */
const MAX_REASON = 300
/** First word of a command line, where it is certainly the name of a program. */
const PROGRAM = /^([\w./-]*[\w-])(?=\s|$)/
/** bash's exit codes for a program that may not be run, and one that was not found. */
const MISSING = new Set([126, 127])

/** Commands of a destination: they get secrets on their standard input alone, and one runs at a time. */
export class DestinationCommands {
  readonly #options: DestinationCommandsOptions

  constructor(options: DestinationCommandsOptions) {
    this.#options = options
  }

  /** Runs a command to its end. @throws RotationError whose effect is `unknown` where the command may have done something */
  async run({ key, command, input }: CommandCall): Promise<CommandResult> {
    const result = await this.#run(command, JSON.stringify(input))
    const { ending } = result
    if (ending.state === 'exited' && ending.exitCode === 0) return result
    const started = ending.state !== 'not-started' && !(await this.#isMissing(command, ending))
    throw this.#explain(key, result, started ? 'unknown' : 'not-applied')
  }

  /** Checks that the program of a command exists, without running it. @throws RotationError `command-failed` */
  async require({ key, command }: Omit<CommandCall, 'input'>): Promise<void> {
    const found = await this.#find(command)
    if (found !== undefined && found.ending.state !== 'exited') throw this.#explain(key, found, 'not-applied')
    if (found === undefined || found.ending.state !== 'exited' || found.ending.exitCode === 0) return
    throw fail(`\`${key}\` cannot be run: there is no executable "${PROGRAM.exec(command)?.[1] ?? ''}"`, {
      hint: `Check the path in \`${key}\`, which starts at the root of the workspace, and make the file executable: git update-index --chmod=+x.`
    })
  }

  /** An exit code of a program that is missing can also come from within a command that has already stored something. */
  async #isMissing(command: string, ending: CommandEnding): Promise<boolean> {
    if (ending.state !== 'exited' || !MISSING.has(ending.exitCode)) return false
    const found = await this.#find(command)
    return found?.ending.state === 'exited' && found.ending.exitCode !== 0
  }

  async #find(command: string): Promise<CommandResult | undefined> {
    const program = PROGRAM.exec(command)?.[1]
    return program === undefined ? undefined : await this.#run(`command -v -- ${program}`)
  }

  #run(command: string, stdin?: string): Promise<CommandResult> {
    const { runCommand, env, forced: signal, inTurn } = this.#options
    const request: CommandRequest = { command, env, timeoutMs: TIMEOUT_MS, signal }
    return inTurn(() => runCommand(stdin === undefined ? request : { ...request, stdin }))
  }

  #explain(key: CommandCall['key'], result: CommandResult, effect: Effect): RotationError {
    const { ending } = result
    const reason = this.#reasonOf(result)
    switch (ending.state) {
      case 'not-started':
        return fail(`\`${key}\`: bash could not be started (${ending.reason})`, {
          hint: 'A destination of type command needs Linux or macOS with bash: use another runner.'
        })
      case 'timed-out':
        return fail(`\`${key}\` did not end within ${TIMEOUT_MS / 1000} s${reason}`, {
          hint: `Run \`${key}\` by hand to see what it waits for: it gets no terminal, so it must not ask anything.`,
          effect
        })
      case 'cancelled':
        return fail(`\`${key}\` was ended with the run${reason}`, {
          code: 'cancelled',
          hint: 'Run again.',
          effect
        })
      case 'exited':
        return fail(`\`${key}\` ended with exit code ${ending.exitCode}${reason}`, {
          hint: MISSING.has(ending.exitCode)
            ? 'A program was not found or may not be run: install it in a step before this one, or make the file executable.'
            : `Run \`${key}\` by hand with the same \`env\`, and see what it needs.`,
          effect
        })
    }
  }

  /** The last line of stderr, as the end of a sentence. */
  #reasonOf({ stderr }: CommandResult): string {
    const clean = this.#options.redact(stderr.text)
    // Cut output may end in part of a secret, too short to be recognised.
    const lines = (stderr.cut ? clean.slice(0, 1 - REVEALING_LENGTH) : clean)
      .replace(/[0-9a-f]{64}/gi, '***')
      .split(/[\r\n]+/)
      .map((line) => line.replace(/\p{C}+/gu, ' ').trim())
    const last = lines.findLast((line) => line !== '')
    if (last === undefined) return ''
    return `: ${last.length > MAX_REASON ? `${last.slice(0, MAX_REASON)}…` : last.replace(/\.$/, '')}`
  }
}

function fail(
  message: string,
  { code = 'command-failed', ...details }: { code?: ErrorCode; hint: string; effect?: Effect }
): RotationError {
  return new RotationError(code, `${message}.`, details)
}
