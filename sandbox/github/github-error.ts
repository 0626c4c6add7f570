/** Error thrown by routes, and turned into GitHub's error body. */
export class GithubError extends Error {
  override readonly name = 'GithubError'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly errors: unknown[] | undefined

  constructor(
    status: number,
    message: string,
    { headers, errors }: { headers?: Readonly<Record<string, string>>; errors?: unknown[] } = {}
  ) {
    super(message)
    this.status = status
    this.headers = headers ?? {}
    this.errors = errors
  }
}

/** 404, also GitHub's answer about what a token may not see. */
export function notFound(): GithubError {
  return new GithubError(404, 'Not Found')
}

/** 422 with one validation error. */
export function invalidField(resource: string, field: string, code = 'invalid'): GithubError {
  return new GithubError(422, 'Validation Failed', { errors: [{ resource, field, code }] })
}

/** Makes GitHub's error body. */
export function errorBody(error: GithubError): Record<string, unknown> {
  return {
    message: error.message,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
    documentation_url: 'https://docs.github.com/rest',
    status: String(error.status)
  }
}
