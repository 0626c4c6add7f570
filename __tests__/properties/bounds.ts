/** What every property is run with: the same cases each time, and so many of them that a file takes seconds. `PROPERTY_RUNS=1` runs all that were thought of. */
export function bounded(numRuns: number): { readonly seed: number; readonly numRuns: number } {
  const times = Number(process.env['PROPERTY_RUNS'] ?? '0.4')
  const seed = Number(process.env['PROPERTY_SEED'] ?? '1')
  return { seed, numRuns: Math.ceil(numRuns * times) }
}
