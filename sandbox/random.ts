const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A source of numbers in [0, 1) that repeats itself for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Ids and fake credential values drawn from one source of randomness. */
export class Entropy {
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  integer(below: number): number {
    return Math.floor(this.#random() * below)
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.integer(256))
  }

  hex(length: number): string {
    let text = ''
    while (text.length < length) text += this.integer(16).toString(16)
    return text
  }

  text(length: number): string {
    let text = ''
    while (text.length < length) text += alphanumeric.charAt(this.integer(alphanumeric.length))
    return text
  }

  /** The items in an order of its own; a list that promises no order answers differently each time. */
  shuffled<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = this.integer(last + 1)
      ;[shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T]
    }
    return shuffled
  }

  /** True once in so many draws. */
  oneIn(count: number): boolean {
    return this.integer(count) === 0
  }

  /** A source of its own, seeded by this one: what is drawn from it changes nothing that is drawn here. */
  fork(): Entropy {
    return new Entropy(seededRandom(this.integer(2 ** 32)))
  }

  uuid(): string {
    const hex = this.hex(32)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
  }
}
