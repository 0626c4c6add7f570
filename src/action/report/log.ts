import * as core from '@actions/core'
import type { SecretRegistry } from '../../kernel/secret.ts'
import type { Reporter } from '../../rotation/model/ports.ts'
import type { RunRecord } from '../../rotation/record/schema.ts'
import { describeRotation } from '../../report/rotation-lines.ts'

/**
 * Creates the reporter of a run, which takes secrets out of every line.
 * @param warnings takes the warnings, for the record
 */
export function createReporter(secrets: SecretRegistry, warnings: string[]): Reporter {
  return {
    info: (message) => core.info(plainLines(secrets.redact(message))),
    warning: (message) => {
      const clean = secrets.redact(message)
      warnings.push(clean)
      core.warning(clean)
    }
  }
}

/** Logs how each rotation ended, and what a check found. */
export function logRecord({ rotations, findings }: RunRecord): void {
  for (const rotation of rotations) {
    for (const line of describeRotation(rotation)) core.info(plainLines(`[${rotation.name}] ${line}`))
  }
  for (const { severity, message, action } of findings) {
    core.info(plainLines(`${severity}: ${message} ${severity === 'info' ? '' : `Do: ${action}`}`.trimEnd()))
  }
}

/**
 * Makes a text that may come from an API or a process safe for the log: the runner takes a line that begins with `::`, or that has `##[` in it,
 * for a command to itself (its source, ActionCommand).
 */
function plainLines(text: string): string {
  return text
    .replaceAll('##[', '##\u200b[')
    .split(/\r\n|\r|\n/)
    .map((line, index) => (index > 0 || line.trimStart().startsWith('::') ? `| ${line}` : line))
    .join('\n')
}
