/** Rotations that are in progress at a time: those at work, and those that have read what they need and wait for their turn. */
const AT_ONCE = 64

/** Does something with each of several, some at a time, in their order; returns the results in that order. */
export async function sideBySide<T, R>(
  all: readonly T[],
  work: (one: T) => Promise<R>
): Promise<readonly R[]> {
  const results: R[] = []
  const left = all.entries()
  const takeNext = async (): Promise<void> => {
    for (const [index, one] of left) results[index] = await work(one)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, takeNext))
  return results
}
