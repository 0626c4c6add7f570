import { createHash } from 'node:crypto'
import { isFailure, OUTCOMES, type Outcome } from '../rotation/outcome.ts'
import type { RunRecord } from '../rotation/record-schema.ts'
import { safetyAt, safetyOf, type Safety } from './urgency.ts'

/** A rotation that fails. */
export interface Failing {
  /** {@link WHOLE_RUN} for a failure before any rotation began, or one that is of no rotation. */
  readonly name: string
  /** How its last run ended; undefined where the marker is of a version that did not say. */
  readonly outcome: Outcome | undefined
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
  const states = failing.map(({ outcome, safety }) => `${outcome ?? UNKNOWN}/${safety ?? UNKNOWN}`).join(',')
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
      const [outcome, safety = UNKNOWN] = states[index] ?? []
      return [
        {
          name,
          outcome: OUTCOMES.find((known) => known === outcome),
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

/** What several alerts of the same key know together; at least one is given. Of two that name the same rotation, the later run is believed. */
export function mergeStates(states: readonly AlertState[]): AlertState {
  const inTime = states.toSorted((a, b) => (a.at ?? '').localeCompare(b.at ?? ''))
  const failing = new Map(inTime.flatMap((state) => state.failing.map((one) => [one.name, one] as const)))
  return {
    failing: sortByName([...failing.values()]),
    since: states.map(({ since }) => since).sort()[0]!,
    count: states.reduce((sum, { count }) => sum + count, 0),
    at: inTime.at(-1)!.at
  }
}

/**
 * What an alert's state becomes with a run: what failed is added, what succeeded is taken out, and what the run did not touch stays. Undefined
 * when nothing is failing any longer.
 */
export function nextState(before: AlertState | undefined, record: RunRecord): AlertState | undefined {
  const known = new Map((before?.failing ?? []).map((one) => [one.name, one]))
  const failed = findFailed(record)
  const failing = new Map(known)
  for (const { name, outcome } of record.rotations) if (isSuccess(outcome)) failing.delete(name)
  if (record.error === null) failing.delete(WHOLE_RUN)
  for (const one of failed) {
    // A run that could not look says nothing against what an earlier one saw.
    const safety = one.safety ?? known.get(one.name)?.safety
    failing.set(one.name, { ...one, safety: safetyAt(safety, record.endedAt) })
  }
  if (failing.size === 0) return undefined
  return {
    failing: sortByName([...failing.values()]),
    since: before?.since ?? record.startedAt,
    count: (before?.count ?? 0) + (failed.length > 0 ? 1 : 0),
    at: failed.length > 0 ? record.endedAt : before?.at
  }
}

function sortByName(failing: readonly Failing[]): readonly Failing[] {
  return failing.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Whether an outcome says that a rotation is well; `locked` and `stale` say nothing about whether trouble is over. */
export function isSuccess(outcome: Outcome): boolean {
  return outcome === 'rotated' || outcome === 'not-due' || outcome === 'healthy'
}

function findFailed(record: RunRecord): readonly Failing[] {
  const rotations = record.rotations
    .filter(({ outcome }) => isFailure(outcome))
    .map((rotation) => ({
      name: rotation.name,
      outcome: rotation.outcome,
      safety: safetyOf(rotation, record.endedAt)
    }))
  const whole = record.error !== null || (rotations.length === 0 && isFailure(record.outcome))
  return whole ? [...rotations, { name: WHOLE_RUN, outcome: record.outcome, safety: undefined }] : rotations
}
