import { formatPair, readPair } from '../../kernel/pair.ts'
import { Secret } from '../../kernel/secret.ts'
import type { FieldSlots, FieldValues } from './ports.ts'

/** Finds what the secret of a field holds for a credential's values: its value, or both values of a pair. */
export function findSecretOf({ field, pair }: FieldSlots, values: FieldValues): Secret | undefined {
  if (pair === undefined) return values[field]
  const texts = Object.keys(pair.keys).map((one) => [one, values[one]?.reveal()] as const)
  if (texts.some(([, text]) => text === undefined)) return undefined
  return new Secret(formatPair(Object.fromEntries(texts.map(([one, text]) => [one, text ?? ''])), pair))
}

/** Finds a credential's values in the secret of a field; undefined where it does not hold a pair as it should. */
export function findValuesIn({ field, pair }: FieldSlots, secret: Secret): FieldValues | undefined {
  if (pair === undefined) return { [field]: secret }
  const texts = readPair(secret.reveal(), pair)
  if (texts === undefined) return undefined
  return Object.fromEntries(Object.entries(texts).map(([one, text]) => [one, new Secret(text)]))
}

/**
 * Names a credential's values as variables: by the primary names, and those of a pair by their keys as well, as far as a variable can have such a name.
 */
export function nameValues(fields: readonly FieldSlots[], values: FieldValues): ReadonlyMap<string, string> {
  return new Map(
    fields.flatMap((field) => {
      const whole = findSecretOf(field, values)
      const parts = Object.entries(field.pair?.keys ?? {}).flatMap(([one, key]) =>
        /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? [[key, values[one]] as const] : []
      )
      return [[field.primary, whole] as const, ...parts].flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value.reveal()] as const]
      )
    })
  )
}
