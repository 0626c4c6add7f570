import * as v from 'valibot'
import { readBounded, TooLargeError } from './read-bounded.ts'
import { RequestError } from './request-error.ts'

/** How a body is read. */
interface BodyForm<S extends v.GenericSchema> {
  readonly schema: S
  readonly maxBytes: number
}

/** Reads a JSON body by its schema; keys that the schema does not have are ignored. @throws RequestError */
export async function readJson<S extends v.GenericSchema>(
  request: Request,
  { schema, maxBytes }: BodyForm<S>
): Promise<v.InferOutput<S>> {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new RequestError(415, 'unsupported-media-type', 'The content type must be application/json.')
  const parsed = v.safeParse(schema, await parseBody(request, maxBytes))
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  const path = v.getDotPath(issue) ?? 'the body'
  // valibot quotes what it received, and nothing that was sent is repeated.
  const reason = issue.message.replace(/ but received .*$/s, '')
  throw new RequestError(400, 'bad-request', `${path}: ${reason}.`)
}

async function parseBody(request: Request, maxBytes: number): Promise<unknown> {
  try {
    return JSON.parse(await readBounded(request.body, maxBytes))
  } catch (thrown) {
    if (thrown instanceof TooLargeError) throw new RequestError(413, 'too-large', thrown.message)
    throw new RequestError(400, 'bad-request', 'The body must be JSON.')
  }
}
