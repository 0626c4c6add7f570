import type { SlotWrite } from '../rotation/model/destination.ts'

/** What a tag says of the value that was written with it. */
export interface WriteTag {
  /** Id of the object that the value belongs to. */
  readonly holds: string
  /** Home whose run wrote it. */
  readonly home: string
  /** When it was written, in milliseconds since the epoch. */
  readonly at: number
}

/** Formats the tag of a value, under 100 bytes: object, home, run and time. No two writes have the same. */
export function formatTag(
  { holds }: Pick<SlotWrite, 'holds'>,
  { home, runId, at }: { readonly home: string; readonly runId: string; readonly at: number }
): string {
  return `${holds} ${home} ${runId} ${at.toString(36)}`
}

/** Reads a tag that a run of this action wrote; undefined for any other text. */
export function parseTag(text: string | undefined): WriteTag | undefined {
  const [, holds, home, at] = /^(\S+) ([0-9a-f]{8}) \d+ ([0-9a-z]{1,10})$/.exec(text ?? '') ?? []
  if (holds === undefined || home === undefined || at === undefined) return undefined
  return { holds, home, at: Number.parseInt(at, 36) }
}
