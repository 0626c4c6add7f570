import { nameValues } from '../rotation/model/field-values.ts'
import type { FieldSlots, FieldValues, Probe, ProbeEvidence } from '../rotation/model/ports.ts'
import { REVEALING_LENGTH } from '../kernel/secret-search.ts'
import type { CommandEnding, CommandResult, RunCommand } from '../kernel/command.ts'
import type { FillIn } from './own-values.ts'
import { MAX_EVIDENCE, shorten, type EvidenceKept } from './http.ts'

/** What {@link createCommandProbe} is built from. */
export interface CommandProbeOptions {
  readonly command: string
  /** More variables of its environment; their values may hold `${NAME}`. */
  readonly env: Readonly<Record<string, string>>
  readonly fillIn: FillIn
  readonly fields: readonly FieldSlots[]
  readonly timeoutMs: number
  readonly runCommand: RunCommand
  readonly signal: AbortSignal
  readonly redact: (text: string) => string
  /** `full` keeps the output of a command that passed. */
  readonly evidence?: EvidenceKept
}

/** Longest part of a command line in a label. */
const MAX_LABEL = 120

/** Probe that runs a command. The values are in its environment under their primary names; nothing is inserted into its text. */
export function createCommandProbe(options: CommandProbeOptions): Probe {
  const line = options.redact(options.command).trim().replace(/\s+/g, ' ')
  const label = `run: ${line.length > MAX_LABEL ? `${line.slice(0, MAX_LABEL)}…` : line}`
  return { label, kind: 'command', readsOnly: false, run: (values) => run(label, options, values) }
}

async function run(label: string, options: CommandProbeOptions, values: FieldValues): Promise<ProbeEvidence> {
  const { command, fields, timeoutMs, signal, evidence } = options
  const mapped = Object.entries(options.env).map(
    ([name, text]) => [name, options.fillIn(text, values)] as const
  )
  const env = Object.fromEntries([...nameValues(fields, values), ...mapped])
  const result = await options.runCommand({ command, env, timeoutMs, signal })
  const shown = describeOutput(result, options.redact)
  const { ending } = result
  if (ending.state !== 'exited' || ending.exitCode !== 0)
    return { label, ...explainEnding(ending, { shown, timeoutMs }) }
  // A command that succeeds can print anything, e.g. a link that gives access.
  return { label, verdict: 'passed', detail: `exit code 0${evidence === 'full' ? shown : ''}` }
}

/** bash's exit codes for a command that cannot be run, and one that was not found. */
const MISSING: Readonly<Record<number, string>> = {
  126: 'a command cannot be run',
  127: 'a command was not found'
}

function explainEnding(
  ending: CommandEnding,
  { shown, timeoutMs }: { readonly shown: string; readonly timeoutMs: number }
): Omit<ProbeEvidence, 'label'> {
  switch (ending.state) {
    case 'not-started':
      return {
        verdict: 'inconclusive',
        detail: `bash could not be started (${ending.reason})`,
        hint: 'The command of a `run` probe needs Linux or macOS with bash: install it in a step before this one, or use another runner.',
        final: true
      }
    case 'timed-out':
      return {
        verdict: 'inconclusive',
        detail: `it did not end within ${timeoutMs / 1000} s${shown}`,
        hint: 'Check the command, or split it.'
      }
    case 'cancelled':
      return {
        verdict: 'inconclusive',
        detail: `the run was cancelled${shown}`,
        hint: 'Run again: the command was ended with the run.'
      }
    case 'exited':
      return explainExit(ending.exitCode, shown)
  }
}

function explainExit(exitCode: number, shown: string): Omit<ProbeEvidence, 'label'> {
  const missing = MISSING[exitCode]
  if (missing !== undefined) {
    return {
      verdict: 'inconclusive',
      detail: `${missing} (exit code ${exitCode})${shown}`,
      hint: 'Find out which command it is, and install it in a step before this one.',
      final: true
    }
  }
  return {
    verdict: 'forbidden',
    detail: `exit code ${exitCode}${shown}`,
    hint: 'Run the command by hand with the credential that works, and see what it needs.'
  }
}

/** The output of both streams by their names, as the end of a sentence. */
function describeOutput({ stdout, stderr }: CommandResult, redact: (text: string) => string): string {
  const streams = [['stdout', stdout] as const, ['stderr', stderr] as const].flatMap(
    ([name, { text, cut }]) => {
      const clean = redact(text)
      // Cut output may end in part of a secret, too short to be recognised.
      const shown = (cut ? clean.slice(0, 1 - REVEALING_LENGTH) : clean).trim()
      return shown === '' ? [] : [[name, shown] as const]
    }
  )
  const described = streams.map(([name, text]) => `${name}: ${shorten(text, MAX_EVIDENCE / streams.length)}`)
  return described.length === 0 ? '' : `: ${described.join(' ')}`
}
