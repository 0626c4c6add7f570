/** Shortest part of a secret that is redacted, in characters, e.g. where a text was cut. */
export const REVEALING_LENGTH = 12
/** Shortest text that is searched, in characters: anything shorter would redact ordinary words and digits. */
export const SHORTEST_MATCH = 4

const BASE = 0x01000193
const LEAVING = powerOf(BASE, REVEALING_LENGTH)
/** Bits of the filter, which keeps a text without any secret cheap to search, for hundreds of secrets. */
const FILTER_BITS = 21
/** Bound on the length of a needle. */
const OFFSETS = 2 ** 30

/**
 * Index that finds many texts, and every part of them of at least {@link REVEALING_LENGTH} characters, in one pass over a text, whatever their
 * number.
 */
export class SearchIndex {
  readonly #needles: string[] = []
  /** Position of a part by its hash: the number of its needle, and its offset there. */
  readonly #parts = new Map<number, number>()
  /** Parts whose hash collides with another part's. */
  readonly #others = new Set<string>()
  readonly #short = new Map<string, Set<string>>()
  #filter: Uint8Array | undefined

  /** Adds a text to find; one that is too short is not searched. */
  add(needle: string): void {
    if (needle.length < SHORTEST_MATCH) return
    if (needle.length < REVEALING_LENGTH) {
      const beginning = needle.slice(0, SHORTEST_MATCH)
      const known = this.#short.get(beginning) ?? new Set()
      this.#short.set(beginning, known.add(needle))
      return
    }
    this.#filter ??= new Uint8Array(2 ** (FILTER_BITS - 3))
    const filter = this.#filter
    const number = this.#needles.push(needle) - 1
    eachHash(needle, (start, hash) => {
      if (this.#parts.has(hash)) {
        const part = needle.slice(start, start + REVEALING_LENGTH)
        if (!this.#has(hash, part)) this.#others.add(part)
        return
      }
      this.#parts.set(hash, number * OFFSETS + start)
      const bit = hash >>> (32 - FILTER_BITS)
      filter[bit >>> 3]! |= 1 << (bit & 7)
    })
  }

  /** Calls back with the start and the end of every match; matches may overlap. */
  find(text: string, found: (start: number, end: number) => void): void {
    this.#findShort(text, found)
    const filter = this.#filter
    if (filter === undefined) return
    eachHash(text, (start, hash) => {
      const bit = hash >>> (32 - FILTER_BITS)
      if ((filter[bit >>> 3]! & (1 << (bit & 7))) === 0) return
      const end = start + REVEALING_LENGTH
      if (this.#has(hash, text.slice(start, end))) found(start, end)
    })
  }

  #has(hash: number, part: string): boolean {
    const place = this.#parts.get(hash)
    if (place === undefined) return false
    const needle = this.#needles[Math.floor(place / OFFSETS)]!
    return needle.startsWith(part, place % OFFSETS) || this.#others.has(part)
  }

  #findShort(text: string, found: (start: number, end: number) => void): void {
    if (this.#short.size === 0) return
    for (let start = 0; start + SHORTEST_MATCH <= text.length; start++) {
      for (const needle of this.#short.get(text.slice(start, start + SHORTEST_MATCH)) ?? []) {
        if (text.startsWith(needle, start)) found(start, start + needle.length)
      }
    }
  }
}

/** Hashes every part of {@link REVEALING_LENGTH} characters, each from the one before (Rabin and Karp). */
function eachHash(text: string, each: (start: number, hash: number) => void): void {
  let hash = 0
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, BASE) + text.charCodeAt(index)) | 0
    if (index >= REVEALING_LENGTH)
      hash = (hash - Math.imul(text.charCodeAt(index - REVEALING_LENGTH), LEAVING)) | 0
    if (index >= REVEALING_LENGTH - 1) each(index - REVEALING_LENGTH + 1, hash)
  }
}

function powerOf(base: number, exponent: number): number {
  let power = 1
  for (let count = 0; count < exponent; count++) power = Math.imul(power, base)
  return power
}
