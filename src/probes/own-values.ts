import { fillIn } from '../kernel/template.ts'
import { nameValues } from '../rotation/model/field-values.ts'
import type { FieldSlots, FieldValues } from '../rotation/model/ports.ts'

/** Replaces `${NAME}` in a text with the credential's value of that primary name, or with the variable of the step. */
export type FillIn = (text: string, values: FieldValues) => string

/** Makes the replacement for the probes of a credential. */
export function createFillIn(
  fields: readonly FieldSlots[],
  environment: (name: string) => string | undefined
): FillIn {
  return (text, values) => {
    const own = nameValues(fields, values)
    return fillIn(text, (name) => own.get(name) ?? environment(name) ?? '')
  }
}
