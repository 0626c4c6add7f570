import type { Finding as ConfigurationFinding } from '../config/load.ts'
import type { RotationRun } from '../rotation/apply/run.ts'
import type { SessionRequest } from './session.ts'
import { explainIds, type SeenIds } from './explain-ids.ts'
import { lacksValues } from './missing-values.ts'
import { findForgotten } from './unseen-secondary.ts'

/** What the runs of a session are judged by, besides themselves. */
export interface RunsInContext {
  readonly missing: readonly ConfigurationFinding[]
  readonly ids: SeenIds
}

/** The runs as they are in the light of all that was seen: an error names the id that is wrong, and a rotation that lacks a value is not healthy. */
export function explainRuns(
  request: SessionRequest,
  done: readonly RotationRun[],
  { missing, ids }: RunsInContext
): readonly RotationRun[] {
  return done.map((run, index): RotationRun => {
    if (run.error !== undefined) return { ...run, error: explainIds(run.error, ids) }
    if (run.outcome !== 'healthy') return run
    const forgotten = findForgotten(run, (name) => request.values.has(name))
    const lacks = forgotten.length > 0 || lacksValues(request, missing, request.selected[index]!)
    return lacks ? { ...run, outcome: 'unhealthy' } : run
  })
}
