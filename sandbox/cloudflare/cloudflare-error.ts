/** Error thrown by routes, and turned into Cloudflare's envelope with `success: false`. */
export class CloudflareError extends Error {
  override readonly name = 'CloudflareError'
  readonly status: number
  /** Email Sending uses strings as codes. */
  readonly code: number | string
  /** Names the sufficient permissions, with most 403 since August 2026. */
  readonly documentationUrl: string | undefined
  readonly errorChain: { code: number; message: string }[] | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    {
      code,
      message,
      errorChain,
      documentationUrl,
      headers
    }: {
      code: number | string
      message: string
      errorChain?: { code: number; message: string }[]
      documentationUrl?: string | undefined
      headers?: Readonly<Record<string, string>>
    }
  ) {
    super(message)
    this.status = status
    this.code = code
    this.errorChain = errorChain
    this.documentationUrl = documentationUrl
    this.headers = headers ?? {}
  }
}

/** 400/1001: the request's body or parameters are invalid. */
export function invalidRequest(message: string): CloudflareError {
  return new CloudflareError(400, { code: 1001, message })
}

/** 404/7003: no such route, or an invalid identifier. */
export function noRoute(path: string): CloudflareError {
  return new CloudflareError(404, {
    code: 7003,
    message: `Could not route to ${path}, perhaps your object identifier is invalid?`,
    errorChain: [{ code: 7000, message: 'No route for that URI' }]
  })
}
