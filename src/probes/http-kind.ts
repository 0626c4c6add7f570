import * as v from 'valibot'
import { described, duration, text } from '../kernel/fields.ts'
import type { Template } from '../kernel/kinds.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import { findUnsafeUrl } from '../kernel/safe-url.ts'
import type { ProbeKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { evidenceField } from './evidence.ts'
import { createHttpProbe, type Expectation } from './http.ts'
import { createFillIn } from './own-values.ts'

/** The longest that one try of a probe may wait; a run's lock has to outlast it, and a timer takes no more than 24 days; in milliseconds. */
const MAX_WAIT_MS = 3_600_000

const status = v.pipe(
  v.number('must be an HTTP status'),
  v.integer('must be an HTTP status'),
  v.minValue(100, 'must be an HTTP status'),
  v.maxValue(599, 'must be an HTTP status')
)
const statuses = v.union(
  [status, v.pipe(v.array(status), v.minLength(1, 'must name at least one HTTP status'))],
  'must be an HTTP status, or a list of them'
)
const expectation = v.union(
  [statuses, v.strictObject({ status: v.optional(statuses, 200), json: v.optional(v.unknown()) })],
  'must be an HTTP status, a list of them, or { status, json }'
)
const url = v.pipe(
  text('a URL'),
  v.check(
    (value) => /^(https?:\/\/|\$\{)/i.test(value),
    'must begin with https://, or with a ${NAME} that does'
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    const message = dataset.typed && !dataset.value.includes('${') ? findUnsafeUrl(dataset.value) : undefined
    if (message !== undefined) addIssue({ message })
  })
)
/** The fields of {@link requestFields} as they were checked. */
export interface HttpRequest {
  readonly url: string
  readonly method: 'GET' | 'HEAD'
  readonly headers: Readonly<Record<string, string>>
  readonly expect: v.InferOutput<typeof expectation>
}

const interpolated = '`${NAME}` is the environment variable NAME.'

/** The request and the answer that is expected. */
export const requestFields = {
  url: described(url, `The URL. ${interpolated}`),
  method: described(
    v.optional(
      v.picklist(['GET', 'HEAD'], 'must be GET or HEAD (use a `run` probe with curl for any other method)'),
      'GET'
    ),
    'The method.'
  ),
  headers: described(
    v.optional(v.record(v.string(), v.string('must be a text')), {}),
    `More headers to send. ${interpolated}`
  ),
  expect: described(
    v.optional(expectation, 200),
    'The status, a list of statuses, or `{ status, json }` with parts that the JSON of the answer must have.'
  )
}

const schema = v.strictObject({
  http: v.strictObject({
    ...requestFields,
    timeout: described(
      v.pipe(
        v.optional(duration, '10s'),
        v.check((ms) => ms <= MAX_WAIT_MS, 'must be at most 1h')
      ),
      'How long one try waits for its answer.'
    ),
    evidence: evidenceField(
      'What the record keeps of a try that passed: its status and a code that is known, or `full`, a part of the body too.'
    )
  })
})

/** The texts of a request in which variables are filled in. */
export function requestTemplates({ url, headers }: HttpRequest): readonly Template[] {
  return [
    { path: 'http.url', text: url, use: 'url' },
    ...Object.entries(headers).map(
      ([name, text]) => ({ path: `http.headers.${name}`, text, use: 'secret' }) as const
    )
  ]
}

/** The answer that a request expects. */
export function expectationOf(expect: HttpRequest['expect']): Expectation {
  const { status, json } =
    typeof expect === 'object' && !Array.isArray(expect) ? expect : { status: expect, json: undefined }
  return { statuses: [status].flat(), ...withoutUndefined({ json }) }
}

/** A request to the service that the credential is for. */
export const httpKind: ProbeKind<v.InferOutput<typeof schema>, DriverServices> = {
  key: 'http',
  schema,
  suits: ['api-token', 'service-token'],
  needs: { 'api-token': ['value'] },
  provesRevocation: true,
  templates: ({ http }) => requestTemplates(http),
  create: ({ http }, { clock, secrets, environment, fetch }, { fields, form, requestHeaders }) => {
    const { url, method, headers, expect, timeout, evidence } = http
    return createHttpProbe({
      ...{ url, method, headers, form, clock, evidence, fetch },
      redact: (text) => secrets.redact(text),
      timeoutMs: timeout,
      expect: expectationOf(expect),
      credentialHeaders: requestHeaders,
      fillIn: createFillIn(fields, environment)
    })
  }
}
