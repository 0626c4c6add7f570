import { asRotationError } from '../kernel/error.ts'
import { isFailure, type Outcome } from '../rotation/model/outcome.ts'
import type { RotationRecord, RunRecord } from '../rotation/record/schema.ts'
import { failureMessage } from '../report/failure-message.ts'
import { describeRotation } from '../report/rotation-lines.ts'
import type { Colour, Terminal } from './terminal.ts'
import { forShell } from './wording.ts'

const SEVERITIES = { error: 'red', warning: 'yellow', info: 'dim' } as const

/** Prints what was thrown, and what to do. */
export function printError(terminal: Pick<Terminal, 'error'>, thrown: unknown): void {
  const { message, hint } = asRotationError(thrown)
  terminal.error(forShell(hint === undefined ? message : `${message}\n${hint}`))
}

/** Prints what became of each rotation, and what a check found, to standard output, and what failed to standard error. */
export function printResult(terminal: Pick<Terminal, 'result' | 'error'>, record: RunRecord): void {
  for (const rotation of record.rotations) printRotation(terminal, rotation)
  if (record.command === 'check') {
    for (const { severity, message, action } of record.findings) {
      terminal.result(`${severity}: ${forShell(message)}`, SEVERITIES[severity])
      if (severity !== 'info') terminal.result(`  ${forShell(action)}`)
    }
    terminal.result(record.outcome, colourOf(record.outcome))
  }
  printFailure(terminal, record)
}

/** Prints what failed to standard error; what a check found is part of its result. */
export function printFailure(terminal: Pick<Terminal, 'error'>, record: RunRecord): void {
  const failure = failureMessage(record.command === 'check' ? { ...record, findings: [] } : record)
  if (failure !== '') terminal.error(forShell(failure))
}

function printRotation(terminal: Pick<Terminal, 'result'>, rotation: RotationRecord): void {
  const [first = '', ...rest] = describeRotation(rotation)
  terminal.result(forShell(`${rotation.name}: ${first}`), colourOf(rotation.outcome))
  for (const line of [...rest, ...describeChanges(rotation)]) terminal.result(forShell(line))
}

/** Describes what is different now, line by line. */
function describeChanges({ outcome, credentials, nextDue, undone }: RotationRecord): readonly string[] {
  const lines = credentials.flatMap(({ name, old, new: created, revoked, kept }) => [
    ...(created === null || isFailure(outcome)
      ? []
      : [`  ${name}: ${created.id} ${old === null ? 'is new' : `replaced ${old.id}`}`]),
    ...revoked.map(({ id, reason }) => `  ${name}: revoked ${id} (${reason})`),
    ...kept.map(({ id, reason }) => `  ${name}: kept ${id}: ${reason}`)
  ])
  return [
    ...lines,
    ...undone.map((what) => `  reverted: ${what}`),
    ...(outcome === 'rotated' && nextDue !== null ? [`  next rotation due: ${nextDue}`] : [])
  ]
}

function colourOf(outcome: Outcome): Colour {
  if (isFailure(outcome)) return 'red'
  return outcome === 'locked' || outcome === 'stale' ? 'yellow' : 'green'
}
