import type { ConfigurationProblem } from '../config/problems.ts'
import { findSharedValues } from '../config/shared-values.ts'
import { RotationError } from '../kernel/error.ts'
import type { FindingRecord } from '../rotation/record/schema.ts'
import type { SessionRequest } from './session.ts'

/** Finds slots that hold the value of another credential, before anything is called. */
export function findShared({
  configuration,
  selected,
  values
}: SessionRequest): readonly ConfigurationProblem[] {
  return findSharedValues(configuration, selected, (name) => values.get(name)?.reveal())
}

/** Makes the error that lists all of them. */
export function sharedValues(shared: readonly ConfigurationProblem[]): RotationError {
  return new RotationError(
    'bad-input',
    shared.map(({ path, message }) => `${path}: ${message}.`).join('\n'),
    {
      hint: 'Give each credential a value of its own. Nothing was called and nothing was changed.'
    }
  )
}

/** Describes them as findings of a check. */
export function describeShared(shared: readonly ConfigurationProblem[]): readonly FindingRecord[] {
  return shared.map(({ path, message }) => ({
    rotation: null,
    kind: 'configuration',
    severity: 'error',
    on: path,
    message: `${path}: ${message}.`,
    action: 'Give each credential a value of its own.'
  }))
}
