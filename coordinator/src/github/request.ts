import * as v from 'valibot'
import { readBounded } from '../http/read-bounded.ts'
import { classify, GithubRequestError } from './failure.ts'

/** How to reach GitHub. */
export interface GithubConnection {
  /** Root of the API, without a slash at its end. */
  readonly apiUrl: string
  readonly fetch: typeof fetch
  readonly now: () => number
}

/** One request. */
export interface GithubCall {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly token: string
  readonly body?: object
}

const TIMEOUT_MS = 20_000
/** A list of runs has some hundred KiB. */
const MAX_BYTES = 4 * 1024 * 1024

const errorSchema = v.looseObject({ message: v.string() })

/** Sends a request; the answer is parsed by its schema. @throws GithubRequestError */
export async function request<S extends v.GenericSchema>(
  { apiUrl, fetch, now }: GithubConnection,
  { method, path, token, body }: GithubCall,
  schema: S
): Promise<v.InferOutput<S>> {
  const call = `${method} ${path.replace(/\?.*$/, '')}`
  const unclear = (detail: string): GithubRequestError =>
    new GithubRequestError({ cause: 'github-down', detail, effect: 'unknown', retryAfterMs: null })
  let response: Response
  let text: string
  try {
    response = await fetch(apiUrl + path, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        'user-agent': 'rotate-action-coordinator',
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' })
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    text = await readBounded(response.body, MAX_BYTES)
  } catch {
    throw unclear(`GitHub did not answer ${call}.`)
  }
  const answer = parseJson(text)
  if (!response.ok) {
    const said = v.safeParse(errorSchema, answer)
    const message = said.success ? said.output.message.slice(0, 200) : ''
    throw classify(response, { call, message, now: now() })
  }
  const parsed = v.safeParse(schema, answer)
  if (parsed.success) return parsed.output
  throw unclear(`GitHub answered ${call} with something else than it documents.`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
