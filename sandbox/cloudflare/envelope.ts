import type { Context } from 'hono'
import type { GenericSchema, InferOutput } from 'valibot'
import * as v from 'valibot'
import type { Body } from '../body.ts'
import type { CallBindings } from '../service.ts'
import { CloudflareError, invalidRequest } from './cloudflare-error.ts'
import type { AccountToken } from './account-tokens.ts'
import type { CloudflareState } from './state.ts'

/** Context of Cloudflare's routes. */
export interface CloudflareEnv {
  Bindings: CallBindings & { readonly cloudflare: CloudflareState }
  Variables: { token: AccountToken }
}

/** Paging as the v4 API reports it. */
export interface ResultInfo {
  page: number
  per_page: number
  count?: number
  total_count?: number
  total_pages?: number
}

interface Message {
  code: number
  message: string
  type: string | null
}

/** A successful v4 envelope. */
export function answer(
  c: Context<CloudflareEnv>,
  result: unknown,
  { messages = [], resultInfo }: { messages?: Message[]; resultInfo?: ResultInfo } = {}
): Response {
  const envelope = { result, success: true, errors: [], messages }
  return c.json(resultInfo === undefined ? envelope : { ...envelope, result_info: resultInfo })
}

/** A failed v4 envelope. */
export function refusal(error: CloudflareError): Response {
  const { code, message, errorChain, documentationUrl } = error
  const chain = errorChain === undefined ? {} : { error_chain: errorChain }
  const documentation = documentationUrl === undefined ? {} : { documentation_url: documentationUrl }
  return Response.json(
    {
      success: false,
      errors: [{ code, message, ...chain, ...documentation }],
      messages: [],
      result: null
    },
    { status: error.status, headers: error.headers }
  )
}

/** Options for paging a list. */
export interface PageOptions<T> {
  readonly defaultSize: number
  /** A larger `per_page` is refused. */
  readonly maxSize: number
  /** A larger page is reduced without an error. */
  readonly cap?: number
  /** Whether the caller requested an order or the API promises one; otherwise the order differs each time. */
  readonly ordered?: boolean
  readonly present: (item: T) => unknown
}

/** Makes one page of a list, by `page` and `per_page`; the page size is an assumption where Cloudflare does not state it. */
export function answerPage<T extends { readonly id: string }>(
  c: Context<CloudflareEnv>,
  items: readonly T[],
  { defaultSize, maxSize, cap = maxSize, ordered = false, present }: PageOptions<T>
): Response {
  const page = readCount(c, 'page', { fallback: 1, max: Number.MAX_SAFE_INTEGER })
  const size = Math.min(cap, readCount(c, 'per_page', { fallback: defaultSize, max: maxSize }))
  const shown = (ordered ? items : inAnyOrder(c, items, size)).slice((page - 1) * size, page * size)
  const totals = {
    count: shown.length,
    total_count: items.length,
    total_pages: Math.ceil(items.length / size)
  }
  const { showsTotals, oddities } = c.env.cloudflare
  const presented = shown.map((item): unknown => Object.assign({}, present(item), oddities.get(item.id)))
  return answer(c, presented, {
    resultInfo: { page, per_page: size, ...(showsTotals ? totals : {}) }
  })
}

/** Reads the JSON body by its schema, with `plainText` also one sent as `text/plain`; unknown keys are refused with 400/1001. */
export function readJson<S extends GenericSchema>(
  c: Context<CloudflareEnv>,
  schema: S,
  { plainText = false }: { plainText?: boolean } = {}
): InferOutput<S> {
  const { body } = c.env
  const value = plainText && body.kind === 'text' ? parseText(body.text) : body
  if (value.kind === 'invalid-json') {
    throw new CloudflareError(400, { code: 6007, message: 'Malformed JSON in request body' })
  }
  if (value.kind !== 'json')
    throw invalidRequest('a JSON body with content type application/json is required')
  const parsed = v.safeParse(schema, value.value)
  if (parsed.success) return parsed.output
  throw invalidRequest(
    parsed.issues
      .map((issue) => `${v.getDotPath(issue) ?? 'body'}: expected ${issue.expected ?? 'something else'}`)
      .join('; ')
  )
}

function parseText(text: string): Body {
  try {
    return { kind: 'json', value: JSON.parse(text) as unknown, text }
  } catch {
    return { kind: 'invalid-json' }
  }
}

/** Shuffles a list each time; one of several pages keeps its order, or no client could read it. */
function inAnyOrder<T extends { readonly id: string }>(
  c: Context<CloudflareEnv>,
  items: readonly T[],
  size: number
): readonly T[] {
  if (items.length > size) return [...items].sort((a, b) => (a.id < b.id ? -1 : 1))
  return c.env.cloudflare.order.shuffled(items)
}

/** Reads a count from the query. */
export function readCount(
  c: Context<CloudflareEnv>,
  name: string,
  { fallback, max }: { fallback: number; max: number }
): number {
  const text = c.req.query(name)
  if (text === undefined) return fallback
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > max) throw invalidRequest(`${name} is out of range`)
  return count
}
