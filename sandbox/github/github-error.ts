/** Thrown by routes and turned into GitHub's error body. */
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

/** 404, which is also what GitHub says of what a token may not see. */
export function notFound(): GithubError {
  return new GithubError(404, 'Not Found')
}

/** 422 with one validation error. */
export function invalidField(resource: string, field: string, code = 'invalid'): GithubError {
  return new GithubError(422, 'Validation Failed', { errors: [{ resource, field, code }] })
}

/** The body that GitHub gives an error. */
export function errorBody(error: GithubError): Record<string, unknown> {
  return {
    message: error.message,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
    documentation_url: 'https://docs.github.com/rest',
    status: String(error.status)
  }
}
