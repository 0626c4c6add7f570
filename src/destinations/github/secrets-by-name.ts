import type { ListedSecret } from '../../github/answers.ts'

/** The secrets of a scope. GitHub takes a name in any case, and lists it in upper case. */
export class SecretsByName {
  readonly #secrets: ReadonlyMap<string, ListedSecret>

  constructor(secrets: readonly ListedSecret[]) {
    this.#secrets = new Map(secrets.map((secret) => [secret.name.toUpperCase(), secret]))
  }

  get size(): number {
    return this.#secrets.size
  }

  find(name: string): ListedSecret | undefined {
    return this.#secrets.get(name.toUpperCase())
  }
}
