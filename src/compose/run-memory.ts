/** Answer that the rotations of a run share. */
interface SharedAnswer {
  promise: Promise<unknown>
  hasBegun: boolean
  isFresh: boolean
}

/** Memory that all rotations of a run share: objects, answers, and warnings that were given. A key always stands for values of one type. */
export class RunMemory {
  readonly #warn: (message: string) => void
  readonly #warned = new Set<string>()
  readonly #objects = new Map<string, unknown>()
  readonly #answers = new Map<string, SharedAnswer>()

  constructor(warn: (message: string) => void) {
    this.#warn = warn
  }

  /** Gives a warning that several rotations would give, once. */
  warnOnce(message: string): void {
    if (this.#warned.has(message)) return
    this.#warned.add(message)
    this.#warn(message)
  }

  /** Makes one object for the whole run. */
  shared<T>(key: string, make: () => T): T {
    if (!this.#objects.has(key)) this.#objects.set(key, make())
    return this.#objects.get(key) as T
  }

  /** Reads once what several rotations ask for. Readers that come while an outdated answer is on its way share the next one. */
  readOnce<T>(key: string, read: () => Promise<T>): Promise<T> {
    const answer = this.#answers.get(key)
    if (answer?.isFresh === true) return answer.promise as Promise<T>
    const next: SharedAnswer = { hasBegun: false, isFresh: true, promise: Promise.resolve() }
    const begin = (): Promise<T> => {
      next.hasBegun = true
      return read()
    }
    const promise = answer === undefined ? begin() : answer.promise.then(begin, begin)
    next.promise = promise
    this.#answers.set(key, next)
    return promise
  }

  /** Forgets what was read once, so that it is read again; a read that has not begun yet is fresh enough. */
  forget(): void {
    for (const answer of this.#answers.values()) answer.isFresh &&= !answer.hasBegun
  }
}
