/** Makes writes of the same thing one after the other. */
export class WriteQueue {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(write: () => Promise<T>): Promise<T> {
    const next = this.#last.then(write, write)
    this.#last = next
    return next
  }
}
