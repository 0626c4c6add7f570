import type { ConfigurationProblem } from '../config/problems.ts'
import type { RotationConfiguration } from '../config/configuration.ts'
import type { RotationRun } from '../rotation/apply/run.ts'
import type { RotationContext } from '../rotation/model/rotation.ts'
import { explainIds, type SeenIds } from './explain-ids.ts'
import { lacksValues } from './missing-values.ts'
import type { SessionRequest } from './session.ts'
import { findForgotten } from './unseen-secondary.ts'

/** Rotation of a session, with its configuration and its run. */
export interface SessionRun {
  readonly configuration: RotationConfiguration
  readonly context: RotationContext
  readonly run: RotationRun
}

/** What the whole session shows about its runs. */
export interface SessionFacts {
  readonly missing: readonly ConfigurationProblem[]
  readonly ids: SeenIds
}

/** Corrects a run by what the whole session shows: its error names an id that is wrong, and it is not healthy where a value is missing. */
export function explainRun(
  request: SessionRequest,
  { configuration, run }: SessionRun,
  { missing, ids }: SessionFacts
): RotationRun {
  if (run.error !== undefined) return { ...run, error: explainIds(run.error, ids) }
  if (run.outcome !== 'healthy') return run
  const forgotten = findForgotten(run, (name) => request.values.has(name))
  const isUnhealthy = forgotten.length > 0 || lacksValues(request, missing, configuration)
  return isUnhealthy ? { ...run, outcome: 'unhealthy' } : run
}
