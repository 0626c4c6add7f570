import fc from 'fast-check'

/** Tampering with the answer of one call. */
export type Tampering =
  | { readonly how: 'replace'; readonly status: number; readonly headers: Headers; readonly body: Body }
  | { readonly how: 'change'; readonly headers: Headers; readonly edits: readonly Edit[] }

type Headers = Readonly<Record<string, string>>
type Body = { readonly text: string } | { readonly json: unknown }

/** A change at one place of a real answer. */
export interface Edit {
  readonly at: number
  readonly how: 'replace' | 'remove' | 'wrap' | 'unwrap' | 'repeat'
  readonly value: unknown
}

/** Placeholder for a secret value of the run, which {@link withSecrets} replaces. */
const SECRET = /\u{1f511}(\d)/gu
const secret = (which: number): string => `\u{1f511}${which}`

/** Replaces the placeholders with the secrets of the run. */
export function withSecrets(text: string, secrets: readonly string[]): string {
  return text.replaceAll(SECRET, (_, which: string) => secrets[Number(which) % secrets.length]!)
}

const SECRETS = 6
const anySecret = fc.nat({ max: SECRETS - 1 }).map(secret)

/** Text of an answer that contains a secret, alone or with other text around it. */
const leakingText = fc
  .tuple(
    fc.constantFrom('', 'Invalid token ', 'x'.repeat(280), '::error::', '`', 'Bearer ', '"'),
    anySecret,
    fc.constantFrom('', ' is not valid', '\n', '%0A', '"}', 'y'.repeat(400))
  )
  .map((parts) => parts.join(''))

const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1e308,
    2 ** 53,
    '',
    ' ',
    '0',
    'null',
    'deleted',
    '\u0000'
  ),
  fc.constantFrom<unknown>(
    'x'.repeat(100_000),
    '9999-99-99',
    '+275760-09-13T00:00:00Z',
    '1970-01-01T00:00:00Z'
  ),
  fc.constantFrom<unknown>('../..', 'a/b?c#d', '__proto__', '::set-output name=x::y', '##[error]x'),
  fc.string({ unit: 'binary', maxLength: 20 }),
  leakingText
)

const envelope = fc.record(
  {
    success: fc.constantFrom<unknown>(true, false, null, 'true', 0),
    errors: fc.oneof(
      scalar,
      fc.array(
        fc.oneof(
          scalar,
          fc.record(
            {
              code: fc.constantFrom<unknown>(971, 1000, 9109, 10000, 12139, -1, NaN, '1000', null),
              message: fc.oneof(scalar, leakingText)
            },
            { requiredKeys: [] }
          )
        ),
        { maxLength: 3 }
      )
    ),
    messages: scalar,
    result: fc.oneof(
      scalar,
      fc.array(scalar, { maxLength: 3 }),
      fc.record({ id: scalar, value: scalar, status: scalar, name: scalar }, { requiredKeys: [] })
    ),
    result_info: fc.oneof(scalar, fc.record({ total_count: scalar, page: scalar })),
    message: fc.oneof(scalar, leakingText)
  },
  { requiredKeys: [] }
)

const headers: fc.Arbitrary<Headers> = fc
  .array(
    fc.constantFrom<readonly [string, string]>(
      ['retry-after', '0'],
      ['retry-after', '99999999999999999999'],
      ['retry-after', '-1'],
      ['retry-after', 'Wed, 21 Oct 2099 07:28:00 GMT'],
      ['retry-after', '59'],
      ['ratelimit', '"default";r=0;t=99999999999999999'],
      ['ratelimit', '"default";r=0;t=0'],
      ['ratelimit', ';r=;t='],
      ['ratelimit-policy', '"default";q=0;w=0'],
      ['x-ratelimit-remaining', '0'],
      ['x-ratelimit-reset', '99999999999999999'],
      ['x-ratelimit-reset', '0'],
      ['date', 'never'],
      ['date', 'Thu, 01 Jan 1970 00:00:00 GMT'],
      ['date', 'Fri, 31 Dec 9999 23:59:59 GMT'],
      ['location', 'https://evil.example/'],
      ['content-length', '0'],
      ['link', '<https://api.github.com/?page=2>; rel="next"'],
      ['x-accepted-github-permissions', 'x'.repeat(5_000)],
      ['content-type', 'text/html'],
      ['content-type', 'application/json; charset=utf-16'],
      ['content-type', 'application/problem+json'],
      ['content-type', '']
    ),
    { maxLength: 4 }
  )
  .map((entries) => Object.fromEntries(entries))

const body: fc.Arbitrary<Body> = fc.oneof(
  envelope.map((json) => ({ json })),
  fc.jsonValue({ maxDepth: 3 }).map((json) => ({ json })),
  fc.constantFrom(
    { text: '' },
    { text: '{' },
    { text: '[]' },
    { text: 'null' },
    { text: '"' + 'x'.repeat(300_000) + '"' },
    { text: '['.repeat(100_000) },
    { text: '<!doctype html><title>Attention Required! | Cloudflare</title>' },
    { text: '{"__proto__":{"success":false},"success":true,"result":[]}' }
  ),
  leakingText.map((text) => ({ text }))
)

const status = fc.oneof(
  fc.constantFrom(200, 200, 200, 201, 202, 204, 205, 206, 301, 302, 304, 307),
  fc.constantFrom(400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 451, 500, 502, 503, 520, 524, 599),
  fc.integer({ min: 200, max: 599 })
)

/** Refusal with a secret in its message, which may ask for an endless wait. */
const leakingRefusal = fc.record({
  how: fc.constant('replace' as const),
  status: fc.constantFrom(200, 400, 401, 403, 404, 409, 422, 429, 429, 500, 503),
  headers: fc.constantFrom<Headers>({}, {}, { 'retry-after': '99999999999' }, { 'retry-after': '1' }),
  body: fc
    .tuple(leakingText, fc.constantFrom(971, 1000, 10000, 10001))
    .map(([message, code]) => ({ json: { success: false, errors: [{ code, message }], message } }))
})

/** A refusal, any other answer, or the real answer with some values changed. */
export const tampering: fc.Arbitrary<Tampering> = fc.oneof(
  leakingRefusal,
  fc.record({ how: fc.constant('replace' as const), status, headers, body }),
  fc.record({
    how: fc.constant('change' as const),
    headers,
    edits: fc.array(
      fc.record({
        at: fc.nat({ max: 500 }),
        how: fc.constantFrom('replace', 'replace', 'remove', 'wrap', 'unwrap', 'repeat'),
        value: fc.oneof(scalar, fc.constantFrom<unknown>([], {}, [[]], [null]))
      }),
      { minLength: 1, maxLength: 3 }
    )
  })
)

/** Tampers with an answer. The result is one that `fetch` could return. */
export async function tamper(
  answer: Response,
  tampering: Tampering,
  secrets: readonly string[]
): Promise<Response> {
  const lacksBody = (status: number): boolean => [204, 205, 304].includes(status)
  if (tampering.how === 'replace') {
    const { status, body } = tampering
    const text = 'text' in body ? body.text : (JSON.stringify(body.json) ?? '')
    return new Response(lacksBody(status) ? null : withSecrets(text, secrets), {
      status,
      headers: { 'content-type': 'application/json', ...tampering.headers }
    })
  }
  const text = await answer.text()
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch {
    root = { text }
  }
  const box = { root }
  for (const edit of tampering.edits) change(box, edit)
  const all = { ...Object.fromEntries(answer.headers), ...tampering.headers }
  return new Response(
    lacksBody(answer.status) ? null : withSecrets(JSON.stringify(box.root) ?? '', secrets),
    { status: answer.status, headers: all }
  )
}

type Holder = Record<string | number, unknown>

function placesOf(node: unknown): readonly (readonly [Holder, string | number])[] {
  if (typeof node !== 'object' || node === null) return []
  const keys = Array.isArray(node) ? [...node.keys()] : Object.keys(node)
  return keys.flatMap((key) => [[node as Holder, key] as const, ...placesOf((node as Holder)[key])])
}

function change(box: { root: unknown }, { at, how, value }: Edit): void {
  const places = placesOf(box)
  const [holder, key] = places[at % places.length]!
  const now = holder[key]
  if (how === 'remove') {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else Reflect.deleteProperty(holder, key)
  } else if (how === 'wrap') holder[key] = [now]
  else if (how === 'unwrap')
    holder[key] = typeof now === 'object' && now !== null ? Object.values(now)[0] : value
  else if (how === 'repeat' && Array.isArray(now)) now.push(...(structuredClone(now) as unknown[]))
  else holder[key] = value
}
