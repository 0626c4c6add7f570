import { formatInstant } from '../../kernel/clock.ts'
import type { SlotWrite } from '../../rotation/model/destination.ts'

/** What a comment says of the value that was written with it. */
export interface StoreComment {
  /** The object that the value belongs to. */
  readonly holds: string
  /** The home whose run wrote it. */
  readonly home: string
}

/** Writes the comment of a secret, which goes with its value in one call. */
export function formatComment(
  { holds, expiresAt }: Pick<SlotWrite, 'holds' | 'expiresAt'>,
  { runId, home }: { readonly runId: string; readonly home: string }
): string {
  const expires = expiresAt === undefined ? 'never' : formatInstant(expiresAt)
  return `rotate ${holds} ${expires} run ${runId} home ${home}`
}

/** Reads the comment that a run of this action wrote; undefined for any other. */
export function parseComment(comment: string | null | undefined): StoreComment | undefined {
  const [, holds, home] = /^rotate (\S+) \S+ run \d+ home ([0-9a-f]{8})$/.exec(comment ?? '') ?? []
  return holds === undefined || home === undefined ? undefined : { holds, home }
}
