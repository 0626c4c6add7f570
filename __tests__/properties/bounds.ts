/** Seed and number of runs of a property. A file takes seconds with the default; `PROPERTY_RUNS=1` runs every planned case. */
export function bounded(numRuns: number): { readonly seed: number; readonly numRuns: number } {
  const times = Number(process.env['PROPERTY_RUNS'] ?? '0.4')
  const seed = Number(process.env['PROPERTY_SEED'] ?? '1')
  return { seed, numRuns: Math.ceil(numRuns * times) }
}
