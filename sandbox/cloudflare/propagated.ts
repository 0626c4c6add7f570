/** A value whose changes are known to the API at once and at the edge some time later; times are epoch milliseconds. */
export class Propagated<T> {
  readonly #versions: { readonly value: T; readonly feltFrom: number }[]

  constructor(value: T, feltFrom: number) {
    this.#versions = [{ value, feltFrom }]
  }

  /** What the API answers. */
  get current(): T {
    // There is at least the version that the constructor put there.
    return (this.#versions.at(-1) as { value: T }).value
  }

  set(value: T, feltFrom: number): void {
    this.#versions.push({ value, feltFrom })
  }

  /** What the edge goes by; `undefined` while it has not heard of anything. */
  felt(now: number): T | undefined {
    return this.#versions.findLast((version) => version.feltFrom <= now)?.value
  }
}
