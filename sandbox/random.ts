const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Creates a source of numbers in [0, 1) that is repeatable from its seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Ids and fake credential values from one source of randomness. */
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

  /** Shuffles the items; a list without a promised order differs each time. */
  shuffled<T>(items: readonly T[]): T[] {
    const shuffled = [...items]
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = this.integer(last + 1)
      ;[shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T]
    }
    return shuffled
  }

  /** Returns true once in that many draws, on average. */
  oneIn(count: number): boolean {
    return this.integer(count) === 0
  }

  /** Creates an independent source, seeded by this one: draws from it do not change the draws here. */
  fork(): Entropy {
    return new Entropy(seededRandom(this.integer(2 ** 32)))
  }

  uuid(): string {
    const hex = this.hex(32)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
  }
}
