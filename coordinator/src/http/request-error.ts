/** Error that becomes the response to a request. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }

  /** Makes the response: `{ error: { code, message } }`. */
  response(): Response {
    return Response.json(
      { error: { code: this.code, message: this.message } },
      { status: this.status, headers: this.headers }
    )
  }
}

/** Refuses another method. */
export function requireMethod({ method }: Request, allowed: string): void {
  if (method === allowed) return
  throw new RequestError(405, 'method-not-allowed', `This path takes ${allowed}.`, { allow: allowed })
}
