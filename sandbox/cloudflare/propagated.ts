/** A value whose changes are known to the API at once and at the edge some time later; times are epoch milliseconds. */
export class Propagated<T> {
  readonly #versions: { readonly value: T; readonly effectiveFrom: number }[]

  constructor(value: T, effectiveFrom: number) {
    this.#versions = [{ value, effectiveFrom }]
  }

  /** What the API answers. */
  get current(): T {
    // There is at least the version that the constructor put there.
    return (this.#versions.at(-1) as { value: T }).value
  }

  set(value: T, effectiveFrom: number): void {
    this.#versions.push({ value, effectiveFrom })
  }

  /** What the edge goes by; `undefined` while it has not heard of anything. */
  effective(now: number): T | undefined {
    return this.#versions.findLast((version) => version.effectiveFrom <= now)?.value
  }
}
