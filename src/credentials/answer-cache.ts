import { ifFound } from '../kernel/error.ts'
import type { CredentialObject } from '../rotation/model/ports.ts'

/** How one kind of credential is read from Cloudflare. */
export interface AnswerSource<Answer> {
  /** Reads the whole list, afresh. */
  readonly list: () => Promise<readonly Answer[]>
  /** Reads one, afresh. */
  readonly read: (id: string) => Promise<Answer>
  readonly toObject: (answer: Answer) => CredentialObject
}

/** Cloudflare's last answer about each credential of one kind, as this run has read it. */
export class AnswerCache<Answer extends { readonly id: string; readonly name: string }> {
  readonly #source: AnswerSource<Answer>
  readonly #answers = new Map<string, Answer>()

  constructor(source: AnswerSource<Answer>) {
    this.#source = source
  }

  /** The last answer about one; undefined where none was read. */
  get(id: string): Answer | undefined {
    return this.#answers.get(id)
  }

  /** Keeps an answer. */
  add(answer: Answer): CredentialObject {
    this.#answers.set(answer.id, answer)
    return this.#source.toObject(answer)
  }

  /** Keeps several answers. */
  addAll(answers: readonly Answer[]): readonly CredentialObject[] {
    return answers.map((answer) => this.add(answer))
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
