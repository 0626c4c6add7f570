/** Value whose changes the API shows at once and the edge some time later; times are epoch milliseconds. */
export class Propagated<T> {
  readonly #versions: { readonly value: T; readonly effectiveFrom: number }[]

  constructor(value: T, effectiveFrom: number) {
    this.#versions = [{ value, effectiveFrom }]
  }

  /** Value at the API. */
  get current(): T {
    // The constructor added at least one version.
    return (this.#versions.at(-1) as { value: T }).value
  }

  set(value: T, effectiveFrom: number): void {
    this.#versions.push({ value, effectiveFrom })
  }

  /** Value at the edge; `undefined` until the first one has reached it. */
  effective(now: number): T | undefined {
    return this.#versions.findLast((version) => version.effectiveFrom <= now)?.value
  }
}
