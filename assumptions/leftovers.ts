import type { SandboxClock } from '../sandbox/clock.ts'
import { fieldOf, isSuccess, resultOf, type Answer } from './answer.ts'

/** Something to be made at a platform, and how it is removed again. */
export interface Making {
  /** What a person would look for, such as `API token rotate-assumption-x`. */
  readonly label: string
  readonly create: () => Promise<Answer>
  /** The id in a successful answer; left out, `id` of Cloudflare's result. */
  readonly idOf?: (answer: Answer) => string | undefined
  /** Ids of what has this name, for a creation whose answer was lost. */
  readonly find: () => Promise<readonly string[]>
  readonly remove: (id: string) => Promise<Answer>
}

interface Leftover {
  readonly making: Making
  id: string | undefined
}

const ATTEMPTS = 3
const PAUSE_MS = 2_000

/** Everything that the command has made and not removed yet. */
export class Leftovers {
  readonly #clock: SandboxClock
  readonly #made: Leftover[] = []

  constructor(clock: SandboxClock) {
    this.#clock = clock
  }

  /** Makes something. It is noted before the call, so that one whose answer is lost is looked up by its name and removed too. */
  async make(making: Making): Promise<Answer> {
    const belonging: Leftover = { making, id: undefined }
    this.#made.push(belonging)
    const answer = await making.create()
    if (isSuccess(answer)) belonging.id = (making.idOf ?? idOfResult)(answer)
    else if (answer.status < 500) this.#forget(belonging)
    return answer
  }

  /** Removes everything, the newest first, and goes on past what fails. @returns the labels of what is left */
  async removeAll(): Promise<readonly string[]> {
    const left: string[] = []
    for (const belonging of this.#made.toReversed()) {
      if (!(await this.#tryRemove(belonging))) left.push(belonging.making.label)
      this.#forget(belonging)
    }
    return left
  }

  async #tryRemove({ making, id }: Leftover): Promise<boolean> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      try {
        const ids = id === undefined ? await making.find() : [id]
        const answers = await Promise.all(ids.map((one) => making.remove(one)))
        if (answers.every((answer) => isSuccess(answer) || answer.status === 404)) return true
      } catch {
        // What is left is named at the end.
      }
      if (attempt < ATTEMPTS) await this.#clock.sleep(PAUSE_MS)
    }
    return false
  }

  #forget(belonging: Leftover): void {
    const index = this.#made.indexOf(belonging)
    if (index !== -1) this.#made.splice(index, 1)
  }
}

function idOfResult(answer: Answer): string | undefined {
  const id = fieldOf(resultOf(answer), 'id')
  return typeof id === 'string' ? id : undefined
}
