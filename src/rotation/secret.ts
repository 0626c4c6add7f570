const REDACTED = '***'

/** A secret value that cannot print itself: every way of turning it into text redacts, and only {@link Secret.reveal} gives the value. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** Gives the value itself; call it only where the value leaves for the place that it is meant for. */
  reveal(): string {
    return this.#value
  }

  /** Tells whether both hold the same value, without showing either. */
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

/**
 * Holds every secret value of a run, so that it is masked from its first moment and can be taken out of any text that comes back from an API
 * or a process.
 */
export class SecretKeeper {
  readonly #mask: (value: string) => void
  readonly #needles = new Set<string>()
  #ordered: readonly string[] | undefined

  /** @param mask tells the log's owner what to hide, called once for each form in which a value could show */
  constructor(mask: (value: string) => void) {
    this.#mask = mask
  }

  /** Masks a value and wraps it; an empty value is an error of the caller. */
  hold(value: string): Secret {
    if (value === '') throw new TypeError('An empty value is no secret')
    for (const form of encodedForms(value)) {
      if (this.#needles.has(form)) continue
      this.#needles.add(form)
      this.#ordered = undefined
      this.#mask(form)
    }
    return new Secret(value)
  }

  /** Replaces every held value, plain or encoded, in a text. */
  redact(text: string): string {
    this.#ordered ??= [...this.#needles].sort((a, b) => b.length - a.length)
    let clean = text
    for (const needle of this.#ordered) {
      if (clean.includes(needle)) clean = clean.replaceAll(needle, REDACTED)
    }
    return clean
  }
}

/** Shortest text that is replaced: anything shorter would blank out ordinary words and digits. */
const SHORTEST_NEEDLE = 4

/**
 * The forms in which a value is likely to turn up in a log: as it is, line by line, and in base64 (at each of the three alignments that it can
 * have inside a longer text), base64url, hex, URI and JSON encoding. The runner derives some of these by itself, but neither hex nor base64url.
 */
function encodedForms(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8')
  const forms = new Set<string>([value])
  for (const line of value.split(/\r?\n/)) forms.add(line.trim())
  if (bytes.length >= SHORTEST_NEEDLE) {
    for (const encoding of ['base64', 'base64url'] as const) {
      forms.add(bytes.toString(encoding))
      for (const offset of [0, 1, 2]) forms.add(alignedBase64(bytes, offset, encoding))
    }
    forms.add(bytes.toString('hex'))
    forms.add(bytes.toString('hex').toUpperCase())
  }
  forms.add(encodeURIComponent(value.toWellFormed()))
  forms.add(JSON.stringify(value).slice(1, -1))
  return [...forms].filter((form) => form.length >= SHORTEST_NEEDLE || form === value)
}

/** The base64 characters that depend on `bytes` alone when they start `offset` bytes into a longer text. */
function alignedBase64(bytes: Buffer, offset: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString(encoding)
    .replace(/=+$/, '')
  const start = offset === 0 ? 0 : offset + 1
  const end = Math.floor(((offset + bytes.length) * 8) / 6)
  return text.slice(start, end)
}
