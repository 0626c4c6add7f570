import { RotationError, asRotationError } from '../kernel/error.ts'

/** Awaits an SDK call and throws the {@link RotationError} of its `fetch`, without what the SDK wrapped around it. */
export async function unwrapped<T>(call: PromiseLike<T>): Promise<T> {
  try {
    return await call
  } catch (thrown) {
    for (
      let error: unknown = thrown, depth = 0;
      error instanceof Error && depth < 8;
      error = error.cause, depth++
    ) {
      if (error instanceof RotationError) throw error
    }
    throw asRotationError(thrown)
  }
}
