/** Answer that the rotations of a run share. */
interface SharedAnswer {
  promise: Promise<unknown>
  /** Place in the order of everything that begins; undefined while it has not begun. */
  begunAt: number | undefined
}

/** What one rotation sees of the memory: the answers that were read since it last forgot. */
export interface MemoryView {
  /** Reads once what several rotations ask for. Readers that come while an outdated answer is on its way share the next one. */
  readonly readOnce: <T>(key: string, read: () => Promise<T>) => Promise<T>
  /** Reads what must be no older than this call, and shares the answer with others who ask before it begins. */
  readonly readNow: <T>(key: string, read: () => Promise<T>) => Promise<T>
  /** Forgets for this rotation what was read before, so that it is read again; what others have begun to read since is fresh enough. */
  readonly forget: () => void
}

/** Memory that all rotations of a run share: objects, answers, and warnings that were given. A key always stands for values of one type. */
export class RunMemory {
  readonly #warn: (message: string) => void
  readonly #warned = new Set<string>()
  readonly #objects = new Map<string, unknown>()
  readonly #answers = new Map<string, SharedAnswer>()
  readonly #lasting = new Map<string, Promise<unknown>>()
  #steps = 0

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

  /** Reads what does not change during a run, once; after a failure it is read again. */
  readForRun<T>(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.#lasting.get(key)
    if (known !== undefined) return known as Promise<T>
    const promise = read()
    this.#lasting.set(key, promise)
    promise.catch(() => this.#lasting.delete(key))
    return promise
  }

  /** Makes the view of one rotation. */
  view(): MemoryView {
    let since = 0
    return {
      readOnce: (key, read) => this.#readSince(since, key, read),
      readNow: (key, read) => this.#readSince(++this.#steps, key, read),
      forget: () => {
        since = ++this.#steps
      }
    }
  }

  #readSince<T>(since: number, key: string, read: () => Promise<T>): Promise<T> {
    const answer = this.#answers.get(key)
    if (answer !== undefined && (answer.begunAt === undefined || answer.begunAt >= since))
      return answer.promise as Promise<T>
    const next: SharedAnswer = { promise: Promise.resolve(), begunAt: undefined }
    const begin = (): Promise<T> => {
      next.begunAt = ++this.#steps
      return read()
    }
    const promise = answer === undefined ? begin() : answer.promise.then(begin, begin)
    next.promise = promise
    this.#answers.set(key, next)
    return promise
  }
}
