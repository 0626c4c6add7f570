import { createHash } from 'node:crypto'
import { isFailure, OUTCOMES, type Outcome } from '../../rotation/model/outcome.ts'
import type { RotationRecord, RunRecord } from '../../rotation/record/schema.ts'
import { safetyAt, safetyOf, type Safety } from './urgency.ts'

/** What a failure comes from: what a check found is closed only by a check, what a rotation failed at only by a rotation. */
export type Source = 'rotate' | 'plan' | 'check'

const SOURCES: readonly Source[] = ['rotate', 'plan', 'check']

/** A rotation that fails. */
export interface Failing {
  /** {@link WHOLE_RUN} for a failure before any rotation began, or one that is of no rotation. */
  readonly name: string
  /** How its last run ended; undefined where the marker is of a version that did not say. */
  readonly outcome: Outcome | undefined
  readonly source: Source
  /** As it was when a run could last look. */
  readonly safety: Safety
}

/** What an open alert knows, kept in its hidden marker, since there is no database. */
export interface AlertState {
  readonly failing: readonly Failing[]
  /** When the first failure was, ISO. */
  readonly since: string
  /** How many runs have failed since. */
  readonly count: number
  /** When the last of them ended, ISO; undefined where the marker is of a version that did not say. */
  readonly at: string | undefined
}

/** Stands for a failure before any rotation began; no rotation can have this name. */
export const WHOLE_RUN = '*'

const UNKNOWN = '?'
const MARKER =
  /<!-- rotate-action alert=([0-9a-f]{16}) failing=([a-z0-9,*-]*) since=([0-9TZ:.-]+) count=(\d{1,9})(?: at=([0-9TZ:.-]+) state=([a-zA-Z0-9,:?/.-]*))? -->/

/** Tells one workflow's alert from another's in the same repository. */
export function alertKey(workflow: string): string {
  return createHash('sha256').update(workflow).digest('hex').slice(0, 16)
}

/** Writes the marker that an alert is found by. */
export function formatMarker(key: string, { failing, since, count, at }: AlertState): string {
  const names = failing.map(({ name }) => name).join(',')
  const states = failing
    .map(({ outcome, safety, source }) => `${outcome ?? UNKNOWN}/${safety ?? UNKNOWN}/${source}`)
    .join(',')
  const details = at === undefined ? '' : ` at=${at} state=${states}`
  return `<!-- rotate-action alert=${key} failing=${names} since=${since} count=${count}${details} -->`
}

/** Reads the marker of the alert with that key; undefined when the text is not that alert. */
export function parseMarker(key: string, text: string | null | undefined): AlertState | undefined {
  const match = MARKER.exec(text ?? '')
  if (match === null || match[1] !== key) return undefined
  const states = (match[6] ?? '').split(',').map((state) => state.split('/'))
  return {
    failing: match[2]!.split(',').flatMap((name, index) => {
      if (name === '') return []
      const [outcome, safety = UNKNOWN, source] = states[index] ?? []
      return [
        {
          name,
          outcome: OUTCOMES.find((known) => known === outcome),
          source: SOURCES.find((known) => known === source) ?? 'rotate',
          safety: safety === UNKNOWN ? undefined : safety
        }
      ]
    }),
    since: match[3]!,
    count: Number(match[4]),
    at: match[5]
  }
}

/** Takes the marker out of a text. */
export function withoutMarker(text: string): string {
  return text.replace(MARKER, '').trimEnd()
}

/** What several alerts of the same key know together; at least one is given. Of two that name the same failure, the later run is believed. */
export function mergeStates(states: readonly AlertState[]): AlertState {
  const inTime = states.toSorted((a, b) => (a.at ?? '').localeCompare(b.at ?? ''))
  const failing = new Map(inTime.flatMap((state) => state.failing.map((one) => [keyOf(one), one] as const)))
  return {
    failing: sort([...failing.values()]),
    since: states.map(({ since }) => since).sort()[0]!,
    count: states.reduce((sum, { count }) => sum + count, 0),
    at: inTime.at(-1)!.at
  }
}

/**
 * What an alert's state becomes with a run: what failed is added, what succeeded at the same is taken out, and what the run did not touch stays. Undefined
 * when nothing is failing any longer.
 */
export function nextState(before: AlertState | undefined, record: RunRecord): AlertState | undefined {
  const known = new Map((before?.failing ?? []).map((one) => [keyOf(one), one]))
  const failed = findFailed(record)
  const failing = new Map([...known].filter(([, one]) => !isClosedBy(one, record)))
  for (const one of failed) {
    // A run that could not look says nothing against what an earlier one saw.
    const safety = one.safety ?? known.get(keyOf(one))?.safety
    failing.set(keyOf(one), { ...one, safety: safetyAt(safety, record.endedAt) })
  }
  if (failing.size === 0) return undefined
  return {
    failing: sort([...failing.values()]),
    since: before?.since ?? record.startedAt,
    count: (before?.count ?? 0) + (failed.length > 0 ? 1 : 0),
    at: failed.length > 0 ? record.endedAt : before?.at
  }
}

/** Whether a run is worth an alert: it failed, and not only because it was cancelled before it changed anything. */
export function shouldAlert(record: RunRecord): boolean {
  return findFailed(record).length > 0
}

/** Whether an outcome says that a rotation is well; `locked` and `stale` say nothing about whether trouble is over. */
export function isSuccess(outcome: Outcome): boolean {
  return outcome === 'rotated' || outcome === 'not-due' || outcome === 'healthy'
}

function keyOf({ name, source }: Pick<Failing, 'name' | 'source'>): string {
  return `${name} ${source}`
}

function sort(failing: readonly Failing[]): readonly Failing[] {
  return failing.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/** A rollback does what a rotation does. */
function sourceOf({ command }: RunRecord): Source {
  return command === 'check' || command === 'plan' ? command : 'rotate'
}

function isClosedBy({ name, source }: Failing, record: RunRecord): boolean {
  const by = sourceOf(record)
  // Where a rotation succeeds, a plan would too.
  if (source !== by && !(source === 'plan' && by === 'rotate')) return false
  if (name === WHOLE_RUN) return record.error === null
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

/** Steps after which something is no longer as it was. */
const CHANGES: readonly string[] = ['stage', 'create', 'promote', 'revoke']

function wasOnlyCancelled({ outcome, error, steps }: RotationRecord): boolean {
  return (
    outcome === 'failed' && error?.code === 'cancelled' && !steps.some(({ name }) => CHANGES.includes(name))
  )
}
