import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunRecord } from '../../rotation/record/schema.ts'

/** Place of the record's file, and its run. */
interface RecordFileOptions {
  /** Other steps of the job can write to it too. */
  readonly directory: string
  readonly runId: string
  readonly attempt: number
}

/**
 * Writes the record to a new file that only its owner can read. The name is unique, and an existing file or link is never written to.
 * @returns the path
 */
export async function writeRecordFile(
  record: RunRecord,
  { directory, runId, attempt }: RecordFileOptions
): Promise<string> {
  const path = join(directory, `rotation-record-${runId}-${attempt}-${randomUUID()}.json`)
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  // Windows has no O_NOFOLLOW; there O_EXCL alone refuses links.
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | (O_NOFOLLOW ?? 0), 0o600)
  try {
    await file.writeFile(`${JSON.stringify(record, undefined, 2)}\n`)
  } finally {
    await file.close()
  }
  return path
}
