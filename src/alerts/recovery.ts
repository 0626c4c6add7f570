import type { PreviousRun } from '../github/previous-run.ts'
import { isFailure } from '../rotation/model/outcome.ts'
import type { RunRecord } from '../rotation/record/schema.ts'

/**
 * Tells whether a run proves that the trouble of the previous run is over, for a channel that has no memory of its own. A run that rotated nothing
 * does not prove it: the run that failed may have been a check.
 * @param onUnknown takes the reason for which it is unknown how the previous run ended
 */
export async function hasRecovered(
  { outcome, rotations }: RunRecord,
  {
    previousRun,
    onUnknown
  }: { readonly previousRun: () => Promise<PreviousRun>; readonly onUnknown: (reason: string) => void }
): Promise<boolean> {
  const proven = rotations.every((one) => one.outcome === 'rotated' || one.outcome === 'healthy')
  if (outcome !== 'healthy' && (isFailure(outcome) || rotations.length === 0 || !proven)) return false
  const previous = await previousRun()
  if (previous.state === 'unknown') onUnknown(previous.reason)
  return previous.state === 'failed'
}
