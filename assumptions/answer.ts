import { AS_ASSUMED } from './assumption.ts'

/** One answer of a platform. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body, or undefined where it is not JSON. */
  readonly body: unknown
}

/** Reads a response to its end. */
export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: parse(text) }
}

/** Whether the call was carried out. */
export function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300
}

/** The code of Cloudflare's first error. */
export function codeOf({ body }: Answer): unknown {
  const [first] = listOf(fieldOf(body, 'errors'))
  return fieldOf(first, 'code')
}

/** The `result` of Cloudflare's envelope. */
export function resultOf({ body }: Answer): unknown {
  return fieldOf(body, 'result')
}

/** The `result` as a list; empty where it is none. */
export function resultsOf(answer: Answer): readonly unknown[] {
  return listOf(resultOf(answer))
}

/** A field of an object; undefined where there is none. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return (value as Record<string, unknown>)[name]
}

/** A field as text; empty where it is none. */
export function textOf(value: unknown, name: string): string {
  const field = fieldOf(value, name)
  return typeof field === 'string' ? field : ''
}

/** A value as a list; empty where it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : []
}

/** As assumed where the answer has this status and, where one is given, one of these codes of Cloudflare. */
export function answered(answer: Answer, status: number, ...codes: readonly number[]): string {
  const code = codeOf(answer)
  const fits =
    answer.status === status && (codes.length === 0 || (typeof code === 'number' && codes.includes(code)))
  return fits ? AS_ASSUMED : `answered ${describe(answer)}`
}

/** As assumed where the call was carried out. */
export function succeeded(answer: Answer): string {
  return isSuccess(answer) ? AS_ASSUMED : `answered ${describe(answer)}`
}

/** An answer for a verdict: status and code, never a value. */
export function describe(answer: Answer): string {
  const code = codeOf(answer)
  return typeof code === 'number' || typeof code === 'string'
    ? `${answer.status} with code ${code}`
    : `${answer.status}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
