import { RotationError } from '../../kernel/error.ts'
import { recordFailure } from './failure.ts'
import type { RunRecord } from './schema.ts'
import type { SecretRegistry } from '../../kernel/secret.ts'

/** Most paths that a message names. */
const MAX_PATHS = 5

/**
 * Replaces a record that cannot be published because a secret is in a text that must not be changed. Keeps each rotation's outcome as text.
 * @param exposed paths of those texts
 */
export function withoutExposed(
  record: RunRecord,
  exposed: readonly string[],
  secrets: Pick<SecretRegistry, 'redact'>
): RunRecord {
  const error = new RotationError(
    'bad-input',
    `The record was not written: a value that the run keeps secret stands where an id, a name or a URL belongs (${exposed.slice(0, MAX_PATHS).join(', ')}).`,
    {
      hint: 'See whether a variable of the step holds something public, e.g. a client id in the place of its secret; otherwise rename what has a secret for its name, and replace that secret.'
    }
  )
  const clean = (text: string): string => secrets.redact(text)
  const { run, rotations } = record
  return {
    ...record,
    outcome: 'failed',
    run: {
      ...run,
      ...{ url: clean(run.url), repository: clean(run.repository), workflow: clean(run.workflow) },
      ...{ actor: clean(run.actor), triggeringActor: clean(run.triggeringActor) }
    },
    rotations: [],
    findings: [],
    warnings: [
      ...record.warnings,
      ...(record.error === null ? [] : [record.error.message]),
      ...rotations.map(({ name, outcome, error: failure, left }) =>
        `${name}: ${outcome}${failure === null ? '' : `: ${failure.message}`} ${left.join(' ')}`.trimEnd()
      )
    ],
    error: recordFailure(error)
  }
}
