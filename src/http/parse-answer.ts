import * as v from 'valibot'
import { RotationError } from '../kernel/error.ts'

/**
 * Checks the shape of an answer before anything is read from it: the SDK's types are not checked at run time.
 * @throws RotationError `bad-answer`, with effect `unknown`, naming the field that is wrong but never its value
 */
export function parseAnswer<const S extends v.GenericSchema>(
  schema: S,
  answer: unknown,
  what: string
): v.InferOutput<S> {
  const parsed = v.safeParse(schema, answer)
  if (parsed.success) return parsed.output
  const path = v.getDotPath(parsed.issues[0])
  throw new RotationError(
    'bad-answer',
    `The answer to ${what} has an unexpected form${path === null ? '' : ` (${path})`}.`,
    {
      hint: 'Run again; if it happens again, check what stands between the runner and the API (a proxy, cloudflare-api-url).',
      retryable: true,
      effect: 'unknown'
    }
  )
}
