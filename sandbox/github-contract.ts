import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OpenAPIBackend, type Document, type Request as DescribedRequest } from 'openapi-backend'
import type { ErrorObject } from 'ajv'
import { isFaulted } from './faults.ts'
import { findGithubPath } from './github/app.ts'

/** Handler of requests, such as a sandbox's `handle`. */
export type Handler = (request: Request) => Promise<Response>

/** Checks GitHub requests and answers against GitHub's OpenAPI description. */
export interface GithubContract {
  /** Violations, one sentence each, in the order of the calls. */
  readonly violations: readonly string[]
  /** Number of calls per operation id that were checked. */
  readonly checked: Readonly<Record<string, number>>
  /** Every operation id of the description. */
  readonly operations: readonly string[]
  /** Wraps a handler so that each GitHub call is checked; calls of other APIs and fault answers pass unchecked. */
  readonly wrap: (handle: Handler) => Handler
  /** Throws an error with all violations, if there are any. */
  readonly assert: () => void
}

type Backend = OpenAPIBackend<Document>

let sharedBackend: Promise<Backend> | undefined

/** Creates a contract without checked calls; the description is read and compiled once per process. */
export async function createGithubContract(): Promise<GithubContract> {
  const backend = await (sharedBackend ??= createBackend())
  const violations: string[] = []
  const checked: Record<string, number> = {}

  return {
    violations,
    checked,
    operations: backend.router.getOperations().map((operation) => operation.operationId ?? ''),
    wrap: (handle) => async (request) => {
      const path = findGithubPath(new URL(request.url))
      if (path === undefined) return await handle(request)
      const described = await describeRequest(request, path)
      const response = await handle(request)
      if (!isFaulted(response)) await check(described, response)
      return response
    },
    assert() {
      if (violations.length > 0)
        throw new Error(`GitHub's description is violated:\n${violations.join('\n')}`)
    }
  }

  async function check(request: DescribedRequest, response: Response): Promise<void> {
    const call = `${request.method} ${request.path}`
    const operation = backend.router.matchOperation(request)
    if (operation?.operationId === undefined) {
      violations.push(`${call}: no such operation`)
      return
    }
    checked[operation.operationId] = (checked[operation.operationId] ?? 0) + 1
    // A refused request may be invalid in any way.
    if (response.ok) report(`${call} request`, backend.validator.validateRequest(request, operation).errors)
    const isDescribed = String(response.status) in (operation.responses ?? {})
    if (!isDescribed) {
      if (response.ok) violations.push(`${call}: status ${response.status} is not described`)
      return
    }
    const text = await response.clone().text()
    if (text === '') return
    const body = JSON.parse(text) as unknown
    report(
      `${call} answer ${response.status}`,
      backend.validator.validateResponse(body, operation, response.status).errors
    )
  }

  function report(subject: string, errors: ErrorObject[] | null | undefined): void {
    for (const error of errors ?? []) {
      violations.push(`${subject}: ${error.instancePath || 'body'} ${error.message ?? 'is invalid'}`)
    }
  }
}

async function describeRequest(request: Request, path: string): Promise<DescribedRequest> {
  const url = new URL(request.url)
  const text = await request.clone().text()
  const described = {
    method: request.method.toLowerCase(),
    path,
    query: Object.fromEntries(url.searchParams),
    // Octokit omits the content type of an empty body, and the description knows JSON only.
    headers: { 'content-type': 'application/json' }
  }
  return text === '' ? described : { ...described, body: JSON.parse(text) as unknown }
}

async function createBackend(): Promise<Backend> {
  const definition = JSON.parse(
    readFileSync(join(import.meta.dirname, 'github-openapi.json'), 'utf8')
  ) as Document
  const backend = new OpenAPIBackend({
    definition,
    quick: true,
    coerceTypes: true,
    ajvOpts: {
      strict: false,
      formats: {
        'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
        uri: /^https?:\/\//,
        email: /@/,
        binary: true
      }
    }
  })
  await backend.init()
  return backend
}
