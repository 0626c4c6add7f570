import type { FieldSlots, FieldValues, Probe, ProbeEvidence } from '../rotation/ports.ts'
import { shorten } from './http.ts'

/** Runs a command line in a shell and answers how it ended. */
export type RunCommand = (request: CommandRequest) => Promise<CommandResult>

/** A command line with what is added to its environment. */
export interface CommandRequest {
  readonly command: string
  /** Plain values: they leave for the process that they are meant for. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** How a command ended. */
export interface CommandResult {
  /** Undefined when it was ended for its time or could not be started. */
  readonly exitCode: number | undefined
  /** Both streams, as they came, cut at a stated length. */
  readonly output: string
  readonly timedOut: boolean
}

/** What a probe by command is made from. */
export interface CommandProbeOptions {
  readonly command: string
  readonly fields: readonly FieldSlots[]
  readonly timeoutMs: number
  readonly runCommand: RunCommand
  readonly signal: AbortSignal
  readonly redact: (text: string) => string
}

/** Longest part of a command line in a label. */
const MAX_LABEL = 120

/** A command that uses the credential. The values are in its environment under their primary names; nothing is pasted into its text. */
export function createCommandProbe(options: CommandProbeOptions): Probe {
  const line = options.command.trim().replace(/\s+/g, ' ')
  const label = `run: ${line.length > MAX_LABEL ? `${line.slice(0, MAX_LABEL)}…` : line}`
  return { label, kind: 'command', readsOnly: false, run: (values) => run(label, options, values) }
}

async function run(label: string, options: CommandProbeOptions, values: FieldValues): Promise<ProbeEvidence> {
  const { command, fields, timeoutMs, signal, redact } = options
  const env = Object.fromEntries(
    fields.flatMap(({ field, primary }) =>
      values[field] === undefined ? [] : [[primary, values[field].reveal()] as const]
    )
  )
  const { exitCode, output, timedOut } = await options.runCommand({ command, env, timeoutMs, signal })
  const shown = shorten(redact(output))
  if (exitCode === 0)
    return { label, verdict: 'passed', detail: shown === '' ? 'exit code 0' : `exit code 0: ${shown}` }
  if (timedOut) {
    return {
      label,
      verdict: 'inconclusive',
      detail: `it did not end within ${timeoutMs / 1000} s: ${shown}`,
      hint: 'Check the command, or split it.'
    }
  }
  if (exitCode === undefined) {
    return {
      label,
      verdict: 'inconclusive',
      detail: `it could not be run to its end: ${shown}`,
      hint: 'Check that bash and the command are there.'
    }
  }
  return {
    label,
    verdict: 'forbidden',
    detail: exitCode === undefined ? `it could not be run: ${shown}` : `exit code ${exitCode}: ${shown}`,
    hint: 'Run the command by hand with the pair that works, and see what it needs.'
  }
}
