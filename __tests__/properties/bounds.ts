/** How much a test file tries. */
export interface Share {
  /** Part of the planned runs; `PROPERTY_RUNS=1` runs all of them, whatever the file. */
  readonly share: number
}

/** Seconds of runs. */
export const SHORT: Share = { share: 0.08 }

/** A minute of runs. */
export const LONG: Share = { share: 0.4 }

/** Seed and number of runs of a property. */
export function bounded(
  planned: number,
  { share }: Share
): { readonly seed: number; readonly numRuns: number } {
  const times = Number(process.env['PROPERTY_RUNS'] ?? share)
  const seed = Number(process.env['PROPERTY_SEED'] ?? '1')
  return { seed, numRuns: Math.ceil(planned * times) }
}
