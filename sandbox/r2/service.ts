import type { Bucket, Jurisdiction } from '../cloudflare/r2.ts'
import type { CloudflareState } from '../cloudflare/state.ts'
import { dictatedResponse, type Service } from '../service.ts'
import { findKeyToken, isKeyAlive, mayList, secretAccessKeyOf } from './key.ts'
import { isSignedWith, parseAuthorization } from './signature.ts'

/** Prefix on a loopback port, where buckets of all jurisdictions are served. */
const PREFIX = '/r2'
const HOST = /^([0-9a-f]{32})(?:\.(eu|fedramp|us))?\.r2\.cloudflarestorage\.com$/
/** How far the time of a signature may be off, in milliseconds. */
const MAX_SKEW_MS = 900_000

const MESSAGES: Readonly<Record<string, readonly [number, string]>> = {
  Unauthorized: [401, 'Unauthorized'],
  InvalidAccessKeyId: [403, 'The access key ID you provided does not exist in our records.'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your secret access key and signing method.'
  ],
  RequestTimeTooSkewed: [403, 'The difference between the request time and the server time is too large.'],
  AccessDenied: [403, 'Access Denied'],
  NoSuchBucket: [404, 'The specified bucket does not exist.'],
  NotImplemented: [501, 'This operation is not simulated.'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  TooManyRequests: [429, 'Reduce your request rate.']
}

/** Creates R2's S3 API over the account's buckets: ListObjectsV2 with path-style URLs. */
export function createR2Service(cloudflare: CloudflareState): Service {
  return {
    api: 'r2',
    findPath(url) {
      const account = HOST.exec(url.hostname)?.[1]
      if (account !== undefined) return account === cloudflare.accountId ? url.pathname : undefined
      const isBelow = url.pathname === PREFIX || url.pathname.startsWith(`${PREFIX}/`)
      return isBelow ? url.pathname.slice(PREFIX.length) : undefined
    },
    findOperation: (method, path) => (/^\/[^/]+\/?$/.test(path) ? `${method} /:bucket` : undefined),
    findActor: (request) => {
      const header = parseAuthorization(request.headers.get('authorization'))
      return header === undefined ? undefined : findKeyToken(cloudflare, header.accessKeyId)?.name
    },
    fetch: (request, { path }) => listObjects(cloudflare, request, path),
    refuse(answer) {
      if (answer === 'success-false') return refuse('InternalError')
      if ('rateLimit' in answer) {
        const response = refuse('TooManyRequests')
        response.headers.set('retry-after', String(answer.rateLimit))
        return response
      }
      if ('refusal' in answer) {
        const { status, code = 'InternalError', message = 'refused' } = answer.refusal
        return error(status, String(code), message)
      }
      return dictatedResponse(answer)
    }
  }
}

function listObjects(cloudflare: CloudflareState, request: Request, path: string): Response {
  const url = new URL(request.url)
  const refused = authenticate(cloudflare, request)
  if (typeof refused === 'string') return refuse(refused)
  const name = /^\/([^/]+)\/?$/.exec(path)?.[1]
  if (request.method !== 'GET' || url.searchParams.get('list-type') !== '2' || name === undefined)
    return refuse('NotImplemented')
  const bucket = cloudflare.r2.find(name, jurisdictionOf(url))
  if (bucket === undefined) return refuse('NoSuchBucket')
  if (!mayList(cloudflare, refused.token, bucket)) return refuse('AccessDenied')
  refused.token.lastUsedOn = cloudflare.clock.now()
  return listing(bucket, Number(url.searchParams.get('max-keys') ?? 1000))
}

function authenticate(cloudflare: CloudflareState, request: Request) {
  const header = parseAuthorization(request.headers.get('authorization'))
  if (header?.service !== 's3' || !header.signedHeaders.includes('host')) return 'Unauthorized'
  const token = findKeyToken(cloudflare, header.accessKeyId)
  if (token === undefined || !isKeyAlive(cloudflare, token)) return cloudflare.r2.deadKeyAnswer
  const [date = '', time = ''] = (request.headers.get('x-amz-date') ?? '').split('T')
  const at = Date.parse(
    `${date}T${time}`.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  )
  if (date !== header.date || !(Math.abs(at - cloudflare.clock.now()) <= MAX_SKEW_MS))
    return 'RequestTimeTooSkewed'
  return isSignedWith(request, header, secretAccessKeyOf(token)) ? { token } : 'SignatureDoesNotMatch'
}

function jurisdictionOf({ hostname }: URL): Jurisdiction | undefined {
  const [host, , jurisdiction] = HOST.exec(hostname) ?? []
  return host === undefined ? undefined : ((jurisdiction as Jurisdiction | undefined) ?? 'default')
}

function listing({ name, keys }: Bucket, maxKeys: number): Response {
  const shown = keys.slice(0, maxKeys)
  const contents = shown.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join('')
  return xml(
    200,
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${name}</Name><KeyCount>${shown.length}</KeyCount>` +
      `<MaxKeys>${maxKeys}</MaxKeys><IsTruncated>${shown.length < keys.length}</IsTruncated>${contents}</ListBucketResult>`
  )
}

function refuse(code: string): Response {
  const [status, message] = MESSAGES[code] ?? [500, code]
  return error(status, code, message)
}

function error(status: number, code: string, message: string): Response {
  return xml(status, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`)
}

function xml(status: number, body: string): Response {
  return new Response(`<?xml version="1.0" encoding="UTF-8"?>${body}`, {
    status,
    headers: { 'content-type': 'application/xml' }
  })
}
