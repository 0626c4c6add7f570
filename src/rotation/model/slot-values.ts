import { findValuesIn } from './field-values.ts'
import type { CredentialPort, FieldValues, Slot } from './ports.ts'
import { secretName, type SlotValues } from './rotation.ts'
import type { Secret } from '../../kernel/secret.ts'

/**
 * Secret values that a step was given, by the names of their environment variables, and those that the run has created since under the same names.
 */
export class StepValues implements SlotValues {
  readonly #given: ReadonlyMap<string, Secret>
  readonly #placeholders: ReadonlySet<string>
  readonly #adopted = new Map<string, Secret>()

  /**
   * @param given every value that the configuration names, by variable; a variable that is not set or empty is left out
   * @param placeholders variables whose value is known to be no credential; they are left out of `given`
   */
  constructor(given: ReadonlyMap<string, Secret>, placeholders: ReadonlySet<string> = new Set()) {
    this.#given = given
    this.#placeholders = placeholders
  }

  of(credential: CredentialPort, slot: Slot): FieldValues | undefined {
    const values: Record<string, Secret> = {}
    for (const field of credential.fields) {
      const name = secretName(field, slot)
      const secret = name === undefined ? undefined : this.#given.get(name)
      const held = secret === undefined ? undefined : findValuesIn(field, secret)
      if (held === undefined) return undefined
      Object.assign(values, held)
    }
    return values
  }

  isPlaceholder({ fields }: CredentialPort, slot: Slot): boolean {
    return fields.some((field) => this.#placeholders.has(secretName(field, slot) ?? ''))
  }

  otherUse(value: Secret, credential: CredentialPort): string | undefined {
    const own = new Set(credential.fields.flatMap(({ primary, secondary }) => [primary, secondary]))
    for (const [name, other] of this.#given) {
      if (!own.has(name) && other.equals(value)) return name
    }
    return undefined
  }

  adopt(name: string, value: Secret): void {
    this.#adopted.set(name, value)
  }

  /** Values under a name, newest first. */
  allOf(name: string): readonly Secret[] {
    return [this.#adopted.get(name), this.#given.get(name)].filter((value) => value !== undefined)
  }
}
