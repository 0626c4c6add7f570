import { isMarkup, type ReceivedAnswer } from '../../http/error-mapper.ts'

/** An error of Cloudflare's envelope. */
export interface ErrorEntry {
  /** Undefined where the code is not a number. */
  readonly code: number | undefined
  /** The code as Cloudflare wrote it. */
  readonly label: string
  readonly message: string
  /** The page of Cloudflare's documentation that names the accepted permissions. */
  readonly documentationUrl: string | undefined
}

/** Path of a KV value, the only answer without an envelope. */
const RAW_VALUE = /\/storage\/kv\/namespaces\/[^/]+\/values\/[^/]+$/

/** Tells whether an answer came from Cloudflare's API: it has the v4 envelope, and a failure has an error with a code. A challenge does not. */
export function isOwnAnswer(answer: ReceivedAnswer): boolean {
  const { call, headers, body } = answer
  if (headers.has('cf-mitigated')) return false
  const status = call.status ?? 0
  if (status >= 300) return isObject(body) && body['success'] === false && errorsOf(body).length > 0
  if (call.method === 'GET' && RAW_VALUE.test(call.path)) return !isMarkup(answer)
  return isObject(body) && ('success' in body || 'result' in body)
}

/** The errors that have a code; some of Cloudflare's services send it as text. */
export function errorsOf(body: unknown): readonly ErrorEntry[] {
  if (!isObject(body) || !Array.isArray(body['errors'])) return []
  return body['errors'].flatMap((entry: unknown) => {
    if (!isObject(entry) || !isCode(entry['code'])) return []
    const message = typeof entry['message'] === 'string' ? entry['message'].slice(0, 300) : ''
    return [
      {
        code: toNumber(entry['code']),
        label: String(entry['code']),
        message,
        documentationUrl: findDocumentation(entry['documentation_url'])
      }
    ]
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isCode(code: unknown): code is number | string {
  return typeof code === 'number' || (typeof code === 'string' && /^[\w.:-]{1,100}$/.test(code))
}

function toNumber(code: number | string): number | undefined {
  const number = typeof code === 'number' ? code : /^\d{1,9}$/.test(code) ? Number(code) : Number.NaN
  return Number.isFinite(number) ? number : undefined
}

/** The link to Cloudflare's documentation; links to other hosts are dropped. */
function findDocumentation(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > 500 || !URL.canParse(text)) return undefined
  const { protocol, hostname, username, port, href } = new URL(text)
  const isCloudflares = hostname === 'cloudflare.com' || hostname.endsWith('.cloudflare.com')
  return protocol === 'https:' && isCloudflares && username === '' && port === '' ? href : undefined
}
