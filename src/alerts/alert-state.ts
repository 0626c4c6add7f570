import { createHash } from 'node:crypto'
import { isFailure } from '../rotation/outcome.ts'
import type { RunRecord } from '../rotation/record-schema.ts'

/** What an open alert knows, kept in its hidden marker, since there is no database. */
export interface AlertState {
  /** Names of the rotations that fail; {@link WHOLE_RUN} for a failure before any rotation began. */
  readonly failing: readonly string[]
  /** When the first failure was, ISO. */
  readonly since: string
  /** How many runs have failed since. */
  readonly count: number
}

/** Stands for a failure before any rotation began; no rotation can have this name. */
export const WHOLE_RUN = '*'

const MARKER =
  /<!-- rotate-action alert=([0-9a-f]{16}) failing=([a-z0-9,*-]*) since=([0-9TZ:.-]+) count=(\d{1,9}) -->/

/** Tells one workflow's alert from another's in the same repository. */
export function alertKey(workflow: string): string {
  return createHash('sha256').update(workflow).digest('hex').slice(0, 16)
}

/** Writes the marker that an alert is found by. */
export function formatMarker(key: string, { failing, since, count }: AlertState): string {
  return `<!-- rotate-action alert=${key} failing=${failing.join(',')} since=${since} count=${count} -->`
}

/** Reads the marker of the alert with that key; undefined when the text is not that alert. */
export function parseMarker(key: string, text: string | null | undefined): AlertState | undefined {
  const match = MARKER.exec(text ?? '')
  if (match === null || match[1] !== key) return undefined
  return {
    failing: match[2]!.split(',').filter((name) => name !== ''),
    since: match[3]!,
    count: Number(match[4])
  }
}

/**
 * What an alert's state becomes with a run: what failed is added, what succeeded is taken out, and what the run did not touch stays. Undefined
 * when nothing is failing any longer.
 */
export function nextState(before: AlertState | undefined, record: RunRecord): AlertState | undefined {
  const failed = record.rotations.filter(({ outcome }) => isFailure(outcome)).map(({ name }) => name)
  const now = record.error === null ? failed : [...failed, WHOLE_RUN]
  const settled = new Set(
    record.rotations.filter(({ outcome }) => isSuccess(outcome)).map(({ name }) => name)
  )
  if (record.error === null) settled.add(WHOLE_RUN)
  const failing = [
    ...new Set([...(before?.failing ?? []).filter((name) => !settled.has(name)), ...now])
  ].sort()
  if (failing.length === 0) return undefined
  return {
    failing,
    since: before?.since ?? record.startedAt,
    count: (before?.count ?? 0) + (now.length > 0 ? 1 : 0)
  }
}

/** `locked` and `stale` say nothing about whether the trouble is over. */
function isSuccess(outcome: RunRecord['outcome']): boolean {
  return outcome === 'rotated' || outcome === 'not-due' || outcome === 'healthy'
}
