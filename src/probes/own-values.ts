import { fillIn } from '../kernel/template.ts'
import type { FieldSlots, FieldValues } from '../rotation/model/ports.ts'

/** Replaces `${NAME}` in a text with the credential's value of that primary name, or with the variable of the step. */
export type FillIn = (text: string, values: FieldValues) => string

/** Makes the replacement for the probes of a credential. */
export function createFillIn(
  fields: readonly FieldSlots[],
  environment: (name: string) => string | undefined
): FillIn {
  return (text, values) =>
    fillIn(text, (name) => {
      const own = fields.find(({ primary }) => primary === name)
      return (own === undefined ? undefined : values[own.field]?.reveal()) ?? environment(name) ?? ''
    })
}
