/** Thrown by routes and turned into Cloudflare's envelope with `success: false`. */
export class CloudflareError extends Error {
  override readonly name = 'CloudflareError'
  readonly status: number
  readonly code: number
  readonly errorChain: { code: number; message: string }[] | undefined
  readonly headers: Record<string, string>

  constructor(
    status: number,
    {
      code,
      message,
      errorChain,
      headers
    }: {
      code: number
      message: string
      errorChain?: { code: number; message: string }[]
      headers?: Record<string, string>
    }
  ) {
    super(message)
    this.status = status
    this.code = code
    this.errorChain = errorChain
    this.headers = headers ?? {}
  }
}

/** 400/1001: the request's body or parameters are not what the API takes. */
export function invalidRequest(message: string): CloudflareError {
  return new CloudflareError(400, { code: 1001, message })
}

/** 404/7003: no such route, or an identifier that cannot be one. */
export function noRoute(path: string): CloudflareError {
  return new CloudflareError(404, {
    code: 7003,
    message: `Could not route to ${path}, perhaps your object identifier is invalid?`,
    errorChain: [{ code: 7000, message: 'No route for that URI' }]
  })
}
