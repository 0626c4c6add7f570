import * as core from '@actions/core'
import type { SecretRegistry } from '../../kernel/secret.ts'
import { isFailure } from '../../rotation/model/outcome.ts'
import type { Reporter } from '../../rotation/model/ports.ts'
import type { RotationRecord, RunRecord } from '../../rotation/record/schema.ts'
import { describeWhy, listPlan, summarizePlan } from './plan-lines.ts'

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

/** Lines of the log about a rotation that has ended. */
function describeRotation(rotation: RotationRecord): readonly string[] {
  const { outcome, plan } = rotation
  if (plan === null) {
    const why = isFailure(outcome) ? '' : describeWhy(rotation)
    return [`${outcome}${why === '' ? '' : `: ${why}`}`]
  }
  return [
    `${outcome}: ${summarizePlan(rotation)}`,
    ...listPlan(plan).map(({ what, on, reason: why }) =>
      what === 'obstacle' ? `  obstacle: ${why}` : `  ${what} ${on}: ${why}`
    )
  ]
}
