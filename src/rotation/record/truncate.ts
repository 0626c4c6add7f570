import type { RotationRecord, RunRecord } from './schema.ts'

/** Largest record, in bytes of JSON. */
export const MAX_RECORD_BYTES = 256 * 1024

/** Removes details, the least informative first, until the record is small enough. */
export function truncateRecord(record: RunRecord): RunRecord {
  const cuts: readonly ((rotation: RotationRecord) => RotationRecord)[] = [
    (rotation) => ({
      ...rotation,
      credentials: rotation.credentials.map((one) => ({
        ...one,
        probes: one.probes.map((probe) => ({ ...probe, detail: 'left out: the record was too large' }))
      }))
    }),
    (rotation) => ({
      ...rotation,
      destinations: rotation.destinations.map((one) => ({ ...one, writes: [] }))
    }),
    (rotation) => ({ ...rotation, steps: [], credentials: [] }),
    (rotation) => ({
      ...rotation,
      reason: [],
      destinations: [],
      undone: [],
      left: [],
      warnings: [],
      error: null
    })
  ]
  let fitting = record
  for (const cut of cuts) {
    if (Buffer.byteLength(JSON.stringify(fitting)) <= MAX_RECORD_BYTES) break
    fitting = { ...fitting, rotations: fitting.rotations.map(cut), truncated: true }
  }
  return fitting
}
