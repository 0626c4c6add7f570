import { ifFound } from '../kernel/error.ts'
import type { CredentialObject } from '../rotation/model/ports.ts'

/** How one kind of credential is read from Cloudflare. */
export interface AnswerSource<Answer> {
  /** Reads the whole list, afresh. */
  readonly list: () => Promise<readonly Answer[]>
  /** Reads one, afresh. */
  readonly read: (id: string) => Promise<Answer>
  readonly toObject: (answer: Answer) => CredentialObject
  /** Tells apart what makes different objects of the same answer. */
  readonly variant: string
}

/** What the credentials that read the same list share: with hundreds of each, copies of their own would take all the memory. */
interface SharedList {
  /** Places in the list, by id. */
  readonly index: ReadonlyMap<string, number>
  readonly objects: Map<string, readonly CredentialObject[]>
}

const sharedLists = new WeakMap<readonly unknown[], SharedList>()

/** Cloudflare's last answer about each credential of one kind, as this run has read it. */
export class AnswerCache<Answer extends { readonly id: string; readonly name: string }> {
  readonly #source: AnswerSource<Answer>
  /** Single answers that are newer than the lists. */
  readonly #answers = new Map<string, Answer>()
  /** The lists, newest first. */
  #lists: readonly (readonly Answer[])[] = []

  constructor(source: AnswerSource<Answer>) {
    this.#source = source
  }

  /** The last answer about one; undefined where none was read. */
  get(id: string): Answer | undefined {
    const single = this.#answers.get(id)
    if (single !== undefined) return single
    for (const list of this.#lists) {
      const found = list[indexOf(list).get(id) ?? -1]
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Keeps an answer. */
  add(answer: Answer): CredentialObject {
    this.#answers.set(answer.id, answer)
    return this.#source.toObject(answer)
  }

  /** Keeps a list. */
  addAll(answers: readonly Answer[]): readonly CredentialObject[] {
    if (this.#lists[0] !== answers) this.#lists = [answers, ...this.#lists]
    for (const id of this.#answers.keys()) if (indexOf(answers).has(id)) this.#answers.delete(id)
    return this.#objectsOf(answers)
  }

  /** Drops everything: the rotation has ended, and the lists of hundreds of rotations would take all the memory. */
  clear(): void {
    this.#answers.clear()
    this.#lists = []
  }

  #objectsOf(answers: readonly Answer[]): readonly CredentialObject[] {
    const { variant, toObject } = this.#source
    const shared = sharedOf(answers).objects
    const objects = shared.get(variant) ?? answers.map(toObject)
    shared.set(variant, objects)
    return objects
  }

  /** Reads one afresh; undefined when it is gone. */
  async reread(id: string): Promise<CredentialObject | undefined> {
    const answer = await ifFound(this.#source.read(id))
    return answer === undefined ? undefined : this.add(answer)
  }

  /** Looks a name up in the list, read afresh. */
  async findByName(name: string): Promise<readonly CredentialObject[]> {
    const answers = await this.#source.list()
    return this.addAll(answers.filter((answer) => answer.name === name))
  }
}

function sharedOf(list: readonly { readonly id: string }[]): SharedList {
  const shared = sharedLists.get(list) ?? {
    index: new Map(list.map(({ id }, place) => [id, place])),
    objects: new Map<string, readonly CredentialObject[]>()
  }
  sharedLists.set(list, shared)
  return shared
}

function indexOf(list: readonly { readonly id: string }[]): ReadonlyMap<string, number> {
  return sharedOf(list).index
}
