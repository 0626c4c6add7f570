import { createHash } from 'node:crypto'
import { isFailure, OUTCOMES, type Outcome } from '../../rotation/model/outcome.ts'
import type { RotationRecord, RunRecord } from '../../rotation/record/schema.ts'
import { safetyAt, safetyOf, type Safety } from './urgency.ts'

/** Command a failure comes from: a failure that a check found is closed only by a check, one of a rotation only by a rotation. */
export type Source = 'rotate' | 'plan' | 'check'

const SOURCES: readonly Source[] = ['rotate', 'plan', 'check']

/** Rotation that fails. */
export interface Failing {
  /** {@link WHOLE_RUN} for a failure before any rotation began, or for one that belongs to no rotation. */
  readonly name: string
  /** Outcome of its last run. */
  readonly outcome: Outcome
  readonly source: Source
  /** As the last run that could look saw it. */
  readonly safety: Safety
}

/** State of an open alert, kept in its hidden marker, since there is no database. */
export interface AlertState {
  readonly failing: readonly Failing[]
  /** Start of the first run that failed, ISO. */
  readonly since: string
  /** Number of runs that failed since. */
  readonly count: number
  /** End of the last run that failed, ISO. */
  readonly at: string
}

/** Stands for a failure before any rotation began; no rotation can have this name. */
export const WHOLE_RUN = '*'

const UNKNOWN = '?'
const MARKER =
  /<!-- rotate-action alert=([0-9a-f]{16}) failing=([a-z0-9,*-]*) since=([0-9TZ:.-]+) count=(\d{1,9}) at=([0-9TZ:.-]+) state=([a-zA-Z0-9,:?/.-]*) -->/

/** Key that distinguishes the alerts of workflows in the same repository. */
export function alertKey(workflow: string): string {
  return createHash('sha256').update(workflow).digest('hex').slice(0, 16)
}

/** Writes the marker by which an alert is found. */
export function formatMarker(key: string, { failing, since, count, at }: AlertState): string {
  const names = failing.map(({ name }) => name).join(',')
  const states = failing
    .map(({ outcome, safety, source }) => `${outcome}/${safety ?? UNKNOWN}/${source}`)
    .join(',')
  return `<!-- rotate-action alert=${key} failing=${names} since=${since} count=${count} at=${at} state=${states} -->`
}

/** Reads the marker of the alert with that key; undefined when the text is not that alert. */
export function parseMarker(key: string, text: string | null | undefined): AlertState | undefined {
  const [, own, failing = '', since = '', count, at = '', state = ''] = MARKER.exec(text ?? '') ?? []
  if (own !== key) return undefined
  const states = state.split(',')
  return {
    failing: failing
      .split(',')
      .flatMap((name, index) => (name === '' ? [] : [parseFailing(name, states[index] ?? '')])),
    since,
    count: Number(count),
    at
  }
}

/** Anyone who may edit the issue may have changed the marker: what cannot be read counts as a failed rotation. */
function parseFailing(name: string, state: string): Failing {
  const [outcome, safety = UNKNOWN, source] = state.split('/')
  return {
    name,
    outcome: OUTCOMES.find((known) => known === outcome) ?? 'failed',
    source: SOURCES.find((known) => known === source) ?? 'rotate',
    safety: safety === UNKNOWN ? undefined : safety
  }
}

/** Removes the marker from a text. */
export function withoutMarker(text: string): string {
  return text.replace(MARKER, '').trimEnd()
}

/** Merges the states of at least one alert with the same key; of two that name the same failure, the later run counts. */
export function mergeStates(states: readonly [AlertState, ...AlertState[]]): AlertState {
  const [first] = states
  const inTime = states.toSorted((a, b) => a.at.localeCompare(b.at))
  const failing = new Map(inTime.flatMap((state) => state.failing.map((one) => [keyOf(one), one] as const)))
  return {
    failing: sort([...failing.values()]),
    since: states.reduce((since, state) => (state.since < since ? state.since : since), first.since),
    count: states.reduce((sum, { count }) => sum + count, 0),
    at: inTime.at(-1)?.at ?? first.at
  }
}

/**
 * Updates the state of an alert with a run: adds what failed, removes what succeeded in the same way, and keeps what the run did not touch.
 * Undefined when nothing fails any more.
 */
export function nextState(before: AlertState | undefined, record: RunRecord): AlertState | undefined {
  const known = new Map((before?.failing ?? []).map((one) => [keyOf(one), one]))
  const failed = findFailed(record)
  const failing = new Map([...known].filter(([, one]) => !isClosedBy(one, record)))
  for (const one of failed) {
    // A run that could not look does not contradict what an earlier run saw.
    const safety = one.safety ?? known.get(keyOf(one))?.safety
    failing.set(keyOf(one), { ...one, safety: safetyAt(safety, record.endedAt) })
  }
  if (failing.size === 0) return undefined
  return {
    failing: sort([...failing.values()]),
    since: before?.since ?? record.startedAt,
    count: (before?.count ?? 0) + (failed.length > 0 ? 1 : 0),
    at: failed.length > 0 ? record.endedAt : (before?.at ?? record.endedAt)
  }
}

/** Whether a run needs an alert: it failed, and not only because it was cancelled before it changed anything. */
export function shouldAlert(record: RunRecord): boolean {
  return findFailed(record).length > 0
}

/** Whether an outcome shows that a rotation works; `locked` and `stale` show neither that nor the opposite. */
export function isSuccess(outcome: Outcome): boolean {
  return outcome === 'rotated' || outcome === 'not-due' || outcome === 'healthy'
}

function keyOf({ name, source }: Pick<Failing, 'name' | 'source'>): string {
  return `${name} ${source}`
}

function sort(failing: readonly Failing[]): readonly Failing[] {
  return failing.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/** A rollback counts as a rotation. */
function sourceOf({ command }: RunRecord): Source {
  return command === 'check' || command === 'plan' ? command : 'rotate'
}

function isClosedBy({ name, source }: Failing, record: RunRecord): boolean {
  const by = sourceOf(record)
  // A plan succeeds wherever a rotation succeeds.
  if (source !== by && !(source === 'plan' && by === 'rotate')) return false
  if (name === WHOLE_RUN) return record.error === null && !record.rotations.some(wasOnlyCancelled)
  return record.rotations.some(
    (one) => one.name === name && (isSuccess(one.outcome) || (by === 'plan' && one.outcome === 'planned'))
  )
}

function findFailed(record: RunRecord): readonly Failing[] {
  const source = sourceOf(record)
  const failures = record.rotations.filter(({ outcome }) => isFailure(outcome))
  const rotations = failures
    .filter((rotation) => !wasOnlyCancelled(rotation))
    .map((rotation) => ({
      name: rotation.name,
      outcome: rotation.outcome,
      source,
      safety: safetyOf(rotation, record.endedAt)
    }))
  const whole =
    record.error === null
      ? failures.length === 0 && isFailure(record.outcome)
      : record.error.code !== 'cancelled'
  return whole
    ? [...rotations, { name: WHOLE_RUN, outcome: record.outcome, source, safety: undefined }]
    : rotations
}

/** Steps that change something. */
const CHANGES: readonly string[] = ['stage', 'create', 'promote', 'revoke']

function wasOnlyCancelled({ outcome, error, steps }: RotationRecord): boolean {
  return (
    outcome === 'failed' && error?.code === 'cancelled' && !steps.some(({ name }) => CHANGES.includes(name))
  )
}
