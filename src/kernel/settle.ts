import { asRotationError } from './error.ts'

/** Waits for all, then throws the first failure, so that nothing is still running when an undo begins. */
export async function allOrFirstError<const T extends readonly unknown[]>(
  work: T
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(work)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw asRotationError(failed.reason)
  return await Promise.all(work)
}
