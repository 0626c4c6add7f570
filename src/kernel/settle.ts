import { asRotationError } from './error.ts'

/** Waits for all, and only then throws the first failure: nothing is left running behind the back of an undo. */
export async function allOrFirstError<const T extends readonly unknown[]>(
  work: T
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(work)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw asRotationError(failed.reason)
  return await Promise.all(work)
}
