import type { PreviousRun } from '../github/previous-run.ts'
import { isFailure } from '../rotation/model/outcome.ts'
import type { RunRecord } from '../rotation/record/schema.ts'
import { isSuccess, nextState, shouldAlert, type AlertState } from './content/alert-state.ts'
import { findEscalations } from './content/escalation.ts'
import { cameClose } from './content/urgency.ts'

/** What the open issue knew before this run, for the channels beside it that keep nothing. */
export interface Remembered {
  /** Undefined when no issue is open. */
  readonly open: AlertState | undefined
}

/** Where a channel looks up what happened before: in the open issue, or else in the previous run of the workflow. */
export interface Memory {
  readonly remembered: Remembered | undefined
  readonly previousRun: () => Promise<PreviousRun>
}

/** What a channel tells about a run. */
export interface News {
  readonly tell: 'failure' | 'recovery' | 'nothing'
  /** Why nothing is told, where that may surprise. */
  readonly reason?: string
}

const NOTHING: News = { tell: 'nothing' }

/** Decides what a channel tells about a run that failed: nothing if the same trouble was told before. */
export async function findFailureNews(record: RunRecord, memory: Memory): Promise<News> {
  const { remembered, previousRun } = memory
  if (remembered !== undefined) {
    const { open } = remembered
    const now = nextState(open, record)
    const isNew = open === undefined || now === undefined || findEscalations(open, now).length > 0
    return isNew ? { tell: 'failure' } : { tell: 'nothing', reason: 'the open issue has the same failure' }
  }
  const previous = await previousRun()
  if (previous.state !== 'failed' || !previous.couldTell || hasWorsened(record, previous.endedAt))
    return { tell: 'failure' }
  return { tell: 'nothing', reason: 'the previous run failed too' }
}

/** Decides whether a channel tells that the trouble is over. */
export async function findRecoveryNews(record: RunRecord, memory: Memory): Promise<News> {
  const { remembered, previousRun } = memory
  if (remembered !== undefined) {
    const { open } = remembered
    return open !== undefined && nextState(open, record) === undefined ? { tell: 'recovery' } : NOTHING
  }
  if (!succeeded(record)) return NOTHING
  const previous = await previousRun()
  if (previous.state === 'unknown')
    return { tell: 'nothing', reason: `it is unknown whether the previous run failed: ${previous.reason}` }
  return previous.state === 'failed' && provesRecovery(record, previous.event)
    ? { tell: 'recovery' }
    : NOTHING
}

/** Decides whether an incident of this run's command is resolved, at a service to which a second resolution does no harm. */
export async function isResolved(record: RunRecord, memory: Memory): Promise<boolean> {
  const { remembered, previousRun } = memory
  if (remembered !== undefined) {
    const fails = (state: AlertState | undefined): boolean =>
      state?.failing.some(({ source }) => (source === 'check') === isCheck(record)) === true
    return fails(remembered.open) && !fails(nextState(remembered.open, record))
  }
  if (!succeeded(record)) return false
  const previous = await previousRun()
  return previous.state !== 'well' || previous.failedBefore
}

/** Whether a run is a check, which has an incident of its own. */
export function isCheck({ command }: RunRecord): boolean {
  return command === 'check'
}

/** Whether a run shows that everything works; `locked` and `stale` show nothing. */
function succeeded(record: RunRecord): boolean {
  const { outcome, rotations } = record
  if (isFailure(outcome) || shouldAlert(record)) return false
  return rotations.length === 0 ? outcome === 'healthy' : rotations.every((one) => isSuccess(one.outcome))
}

/** The run that failed may have been started with another command; one that was started in the same way was not. */
function provesRecovery(record: RunRecord, event: string | undefined): boolean {
  const rotated =
    record.rotations.length > 0 && record.rotations.every(({ outcome }) => outcome === 'rotated')
  return rotated || event === undefined || event === record.run.event
}

/** Whether the end of a credential has come close, or has passed, since the previous run. */
function hasWorsened({ rotations, endedAt: at }: RunRecord, since: string | undefined): boolean {
  if (since === undefined) return false
  return rotations.some(
    ({ outcome, safeUntil }) => isFailure(outcome) && cameClose(safeUntil ?? undefined, { since, at })
  )
}
