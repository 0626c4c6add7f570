import { createHash } from 'node:crypto'
import { joinBytes, decodeAll, withoutInvisible, type View } from './decode.ts'
import { SearchIndex, SHORTEST_MATCH } from './secret-search.ts'

const REDACTED = '***'

/** Secret value that cannot print itself: every conversion to text redacts it, and only {@link Secret.reveal} returns the value. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** Returns the value itself; call it only where the value is sent to its destination. */
  reveal(): string {
    return this.#value
  }

  /** Whether both hold the same value. */
  equals(other: Secret): boolean {
    return this.#value === other.#value
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Secret(${REDACTED})`
  }
}

/** Shortest value that can be a credential, in characters; anything shorter is a placeholder, or a password that could be any word. */
const SHORTEST_CREDENTIAL = 16

/** Registry of every secret value of a run. It masks each value as soon as it exists, and can redact any text that comes from an API or a process. */
export class SecretRegistry {
  readonly #mask: (value: string) => void
  readonly #masked = new Set<string>()
  readonly #values = new Set<string>()
  /** Values whose forms are not indexed yet. */
  readonly #fresh = new Set<string>()
  readonly #needles = new SearchIndex()
  readonly #hexNeedles = new SearchIndex()

  /** @param mask hides a text in the log; called once for each form in which a value could appear */
  constructor(mask: (value: string) => void) {
    this.#mask = mask
  }

  /** Masks a value and wraps it. @throws TypeError for an empty value */
  register(value: string): Secret {
    if (value === '') throw new TypeError('An empty value is not a secret')
    if (!this.#values.has(value)) {
      this.#values.add(value)
      this.#fresh.add(value)
      for (const form of encodedForms(value)) {
        if (this.#masked.has(form)) continue
        this.#masked.add(form)
        this.#mask(form)
      }
    }
    return new Secret(value)
  }

  /**
   * Redacts every registered value in a text for people, and every part of one of 12 characters or more: plain, in base64 or in hex, broken up by
   * white space, control sequences or characters without a width, and with escaped characters. The time is proportional to the length of the text
   * alone. Redact a text before it is cut.
   */
  redact(text: string): string {
    this.#addFresh()
    const spans: [number, number][] = []
    for (const view of decodeAll(text)) {
      collect(view, this.#needles, spans)
      collect(joinBytes(view), this.#hexNeedles, spans)
    }
    return spans.length === 0 ? text : replaceSpans(text, spans)
  }

  /** Finds the registered values that could be a credential and appear unchanged in a text. */
  findIn(text: string): readonly Secret[] {
    return [...this.#values].flatMap((value) =>
      value.length >= SHORTEST_CREDENTIAL && text.includes(value) ? [new Secret(value)] : []
    )
  }

  #addFresh(): void {
    for (const value of this.#fresh) {
      for (const form of searchedForms(value)) this.#needles.add(withoutInvisible(form))
      if (value.length >= SHORTEST_MATCH) this.#hexNeedles.add(Buffer.from(value, 'utf8').toString('hex'))
    }
    this.#fresh.clear()
  }
}

function collect(view: View, needles: SearchIndex, spans: [number, number][]): void {
  needles.find(view.text, (start, end) => {
    const last = spans.at(-1)
    const from = view.from[start]!
    const to = view.to[end - 1]!
    if (last !== undefined && from >= last[0] && from <= last[1]) last[1] = Math.max(last[1], to)
    else spans.push([from, to])
  })
}

function replaceSpans(text: string, spans: [number, number][]): string {
  const pieces: string[] = []
  let done = 0
  for (const [from, to] of spans.sort(([one], [other]) => one - other)) {
    if (from > done || pieces.length === 0) pieces.push(text.slice(done, from), REDACTED)
    done = Math.max(done, to)
  }
  return [...pieces, text.slice(done)].join('')
}

/** Lists the forms in which a value is searched in a decoded text; hex is separate. */
function searchedForms(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8')
  if (value.length < SHORTEST_MATCH) return []
  return [
    value,
    ...value.split(/\r?\n/),
    // A character of more than one byte is escaped byte by byte.
    encodeURIComponent(value.toWellFormed()),
    ...base64Forms(bytes),
    ...digests(value)
  ]
}

/** The SHA-256 of a value that can be a credential: that of an API token is the secret access key of its R2 key, so that it opens buckets by itself. */
function digests(value: string): readonly string[] {
  return value.length < SHORTEST_CREDENTIAL ? [] : [createHash('sha256').update(value).digest('hex')]
}

/**
 * Lists the forms that the runner masks, line by line: the plain value, its SHA-256, and its base64 (at each of the three alignments that it can have
 * inside a longer text), base64url, hex, URI and JSON encodings. The runner derives some of these by itself, but neither hex nor base64url.
 */
function encodedForms(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8')
  const forms = new Set<string>([value])
  for (const line of value.split(/\r?\n/)) forms.add(line.trim())
  if (bytes.length >= SHORTEST_MATCH) {
    for (const form of base64Forms(bytes)) forms.add(form)
    forms.add(bytes.toString('hex'))
    forms.add(bytes.toString('hex').toUpperCase())
  }
  for (const digest of digests(value)) forms.add(digest)
  forms.add(encodeURIComponent(value.toWellFormed()))
  forms.add(JSON.stringify(value).slice(1, -1))
  return [...forms].filter((form) => form.length >= SHORTEST_MATCH || form === value)
}

function base64Forms(bytes: Buffer): readonly string[] {
  return (['base64', 'base64url'] as const).flatMap((encoding) => [
    bytes.toString(encoding),
    ...[0, 1, 2].map((offset) => alignedBase64(bytes, offset, encoding))
  ])
}

/** Returns the base64 characters that depend on `bytes` alone when they start `offset` bytes into a longer text. */
function alignedBase64(bytes: Buffer, offset: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString(encoding)
    .replace(/=+$/, '')
  const start = offset === 0 ? 0 : offset + 1
  const end = Math.floor(((offset + bytes.length) * 8) / 6)
  return text.slice(start, end)
}
