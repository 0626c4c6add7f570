import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** `Authorization` header of AWS Signature Version 4. */
export interface SignedHeader {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

/** Reads the `Authorization` header; undefined where it is not of this scheme. */
export function parseAuthorization(header: string | null): SignedHeader | undefined {
  const [, credential, signed, signature] =
    /^AWS4-HMAC-SHA256 Credential=(\S+),\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/.exec(
      header ?? ''
    ) ?? []
  const [accessKeyId, date, region, service, terminator, ...rest] = (credential ?? '').split('/')
  if (accessKeyId === undefined || date === undefined || region === undefined || service === undefined)
    return undefined
  if (terminator !== 'aws4_request' || rest.length > 0 || signed === undefined || signature === undefined)
    return undefined
  return { accessKeyId, date, region, service, signedHeaders: signed.split(';'), signature }
}

/** Whether a request carries the signature that a secret makes, by Amazon's description of Signature Version 4. */
export function isSignedWith(request: Request, header: SignedHeader, secret: string): boolean {
  const { date, region, service, signature } = header
  const scope = `${date}/${region}/${service}/aws4_request`
  const text = [
    'AWS4-HMAC-SHA256',
    request.headers.get('x-amz-date') ?? '',
    scope,
    sha256(canonicalRequest(request, header))
  ].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<Buffer>(
    (from, part) => hmac(from, part),
    Buffer.from(`AWS4${secret}`)
  )
  return timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex'))
}

function canonicalRequest(request: Request, { signedHeaders }: SignedHeader): string {
  const url = new URL(request.url)
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
  const headers = signedHeaders.map((name) => {
    const value = name === 'host' ? url.host : (request.headers.get(name) ?? '')
    return `${name}:${value.trim().replace(/ +/g, ' ')}\n`
  })
  return [
    request.method,
    url.pathname
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/'),
    query,
    headers.join(''),
    signedHeaders.join(';'),
    request.headers.get('x-amz-content-sha256') ?? ''
  ].join('\n')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  )
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
