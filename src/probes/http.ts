import type { Clock } from '../kernel/clock.ts'
import type { CredentialForm } from '../kernel/kinds.ts'
import type { FieldValues, Probe, ProbeEvidence } from '../rotation/model/ports.ts'
import { explainAnswer, explainNetworkError, findKnownCode, type Explanation } from './explain.ts'
import type { FillIn } from './own-values.ts'
import { readBody } from '../http/read-body.ts'
import { USER_AGENT } from '../http/user-agent.ts'

/** Answer that a probe expects. */
export interface Expectation {
  readonly statuses: readonly number[]
  /** Parts that the JSON of the answer must have; left out, the body does not matter. */
  readonly json?: unknown
}

/** How much of the answer to a passed probe is kept; of a failed one, a part is always kept. */
export type EvidenceKept = 'status' | 'full'

/** What {@link createHttpProbe} is built from. */
export interface HttpProbeOptions {
  /** May hold `${NAME}`. */
  readonly url: string
  readonly method: 'GET' | 'HEAD'
  /** Values may hold `${NAME}`. */
  readonly headers: Readonly<Record<string, string>>
  readonly expect: Expectation
  readonly timeoutMs: number
  readonly form: CredentialForm
  /** The headers that carry the credential, from its values. */
  readonly credentialHeaders: (values: FieldValues) => Readonly<Record<string, string>>
  readonly fillIn: FillIn
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly redact: (text: string) => string
  /** `full` keeps part of the body of a probe that passed. */
  readonly evidence?: EvidenceKept
}

/** Longest part of a body that is searched for error codes, in bytes after decompression. */
const MAX_BODY = 64 * 1024
/** Longest body that is compared with the expected JSON, in bytes after decompression. */
const MAX_JSON = 1024 ** 2
/** Longest part of a body that is kept as evidence, in characters. */
export const MAX_EVIDENCE = 4 * 1024

/** Probe that sends a request to the protected service. It sends no cookies and follows no redirects, since both can hide whether the credential works. */
export function createHttpProbe(options: HttpProbeOptions): Probe {
  const label = `http: ${options.method} ${options.url}`
  return { label, kind: 'check', readsOnly: true, run: (values) => run(label, options, values) }
}

async function run(label: string, options: HttpProbeOptions, values: FieldValues): Promise<ProbeEvidence> {
  const { clock, timeoutMs, redact } = options
  const fill = (text: string): string => options.fillIn(text, values)
  const deadline = clock.deadline(timeoutMs)
  try {
    const response = await options.fetch(new URL(fill(options.url)), {
      method: options.method,
      redirect: 'manual',
      signal: deadline.signal,
      headers: headersOf(options, values, fill)
    })
    const maxBytes = options.expect.json === undefined ? MAX_BODY : MAX_JSON
    const { text, cut } = await readBody(response, { maxBytes, signal: deadline.signal })
    const { status, headers } = response
    const problem = differenceOf(options.expect, status, cut ? '' : text)
    const shown = shorten(redact(text))
    if (problem === undefined) {
      // A probe that passes can be answered with anything, e.g. a usable session.
      const kept = options.evidence === 'full' ? shown : findKnownCode(text)
      return { label, verdict: 'passed', detail: `${status} ${kept ?? ''}`.trim() }
    }
    const explanation =
      problem === 'json'
        ? explainJson(status, cut)
        : explainAnswer({ status, headers, body: text.slice(0, MAX_BODY) }, options.form)
    return fail(label, explanation, shown)
  } catch (thrown) {
    return fail(label, explainNetworkError(thrown, { timedOut: deadline.signal.aborted, timeoutMs }), '')
  } finally {
    deadline.clear()
  }
}

function explainJson(status: number, cut: boolean): Explanation {
  return {
    verdict: 'inconclusive',
    meaning: cut
      ? `${status}, but its body has more than ${MAX_JSON / 1024 ** 2} MiB, the rest of which was not read`
      : `${status}, but its JSON is not what is expected`,
    hint: cut ? 'Give the probe a URL with a shorter answer.' : "Check the probe's expect.json."
  }
}

/** The request's headers. The credential's own come last, so that no configured header can replace them. */
function headersOf(options: HttpProbeOptions, values: FieldValues, fill: (text: string) => string): Headers {
  const headers = new Headers({ 'user-agent': USER_AGENT })
  for (const [name, value] of Object.entries(options.headers)) headers.set(name, fill(value))
  for (const [name, value] of Object.entries(options.credentialHeaders(values))) headers.set(name, value)
  return headers
}

function fail(label: string, { verdict, meaning, hint, final }: Explanation, body: string): ProbeEvidence {
  return {
    label,
    verdict,
    detail: `${meaning}${body === '' ? '.' : `: ${body}`}`,
    hint,
    final: final === true
  }
}

function differenceOf(
  { statuses, json }: Expectation,
  status: number,
  body: string
): 'status' | 'json' | undefined {
  if (!statuses.includes(status)) return 'status'
  if (json === undefined) return undefined
  try {
    return includesJson(JSON.parse(body), json) ? undefined : 'json'
  } catch {
    return 'json'
  }
}

/** Tells whether an answer has all the expected parts. Additional keys do not matter; lists are compared whole. */
function includesJson(actual: unknown, expected: unknown): boolean {
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => includesJson(actual[index], item))
    )
  }
  if (typeof expected !== 'object' || expected === null) return actual === expected
  if (typeof actual !== 'object' || actual === null) return false
  const found = new Map<string, unknown>(Object.entries(actual))
  return Object.entries(expected).every(
    ([key, value]) => found.has(key) && includesJson(found.get(key), value)
  )
}

/** Cuts a redacted text to the length of evidence, and says that it was cut. */
export function shorten(text: string, length = MAX_EVIDENCE): string {
  if (text.length <= length) return text.trim()
  return `${text.slice(0, length).trim()} … (cut at ${length} characters)`
}
