import { constants } from 'node:os'
import { isFailure } from '../rotation/model/outcome.ts'
import type { RunRecord } from '../rotation/record/schema.ts'

/** Exit codes of the command; `--help` and the documentation list them. */
export const EXIT = { done: 0, failed: 1, usage: 2, idle: 3 } as const

/** Codes of errors that are found before anything is changed. */
const BEFORE_ANY_CHANGE: ReadonlySet<string> = new Set(['bad-input', 'bad-configuration', 'missing-value'])

/** Finds the exit code of a run. @param signal the signal that it got, if any */
export function exitCodeOf(
  { outcome, error }: Pick<RunRecord, 'outcome' | 'error'>,
  signal: NodeJS.Signals | undefined
): number {
  if (isFailure(outcome) && signal !== undefined) return exitCodeOfSignal(signal)
  if (isUsage(error?.code)) return EXIT.usage
  if (isFailure(outcome)) return EXIT.failed
  return outcome === 'locked' || outcome === 'stale' ? EXIT.idle : EXIT.done
}

/** Exit code of a process that a signal ended, as shells count. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}

/** Whether an error was found before anything was changed. */
export function isUsage(code: string | undefined): boolean {
  return code !== undefined && BEFORE_ANY_CHANGE.has(code)
}
