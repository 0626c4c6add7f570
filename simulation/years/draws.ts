import { seededRandom } from '../../sandbox/random.ts'

/** Seeded draws. Each purpose has a stream of its own, so that all settings of a year meet the same outages. */
export class Draws {
  readonly #random: () => number

  constructor(seed: number, stream: 'outages' | 'cron' | 'queue' | 'calls' | 'coordinator') {
    const start = seededRandom(seed)() * 2 ** 32
    this.#random = seededRandom([...stream].reduce((mixed, one) => mixed * 31 + one.charCodeAt(0), start))
    this.#random()
  }

  chance(share: number): boolean {
    return this.#random() < share
  }

  uniform(least: number, most: number): number {
    return least + this.#random() * (most - least)
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.#random() * items.length)] ?? items[0]
  }

  /** Log-normal: half of the draws are below the median; `sigma` is the standard deviation of the logarithm. */
  logNormal(median: number, sigma: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random()))
    return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * this.#random()))
  }
}
