/** Two values of a credential in one secret, so that one write changes both. */
import { parseEnv } from 'node:util'

/** How a secret holds a pair. */
export interface PairFormat {
  /** `json`: an object. `env`: lines of `NAME=value`. */
  readonly format: 'json' | 'env'
  /** The key of each field in the text. */
  readonly keys: Readonly<Record<string, string>>
}

/** The texts of a pair by field. */
export type PairTexts = Readonly<Record<string, string>>

/** Reads a pair from the text of a secret; undefined where {@link findPairProblem} finds one. */
export function readPair(text: string, pair: PairFormat): PairTexts | undefined {
  if (findPairProblem(text, pair) !== undefined) return undefined
  const found = parse(text, pair.format)
  return Object.fromEntries(Object.entries(pair.keys).map(([field, key]) => [field, String(found?.[key])]))
}

/** Writes a pair as the text of a secret. */
export function formatPair(texts: PairTexts, { format, keys }: PairFormat): string {
  const entries = Object.entries(keys).map(([field, key]) => [key, texts[field] ?? ''] as const)
  return format === 'json'
    ? JSON.stringify(Object.fromEntries(entries))
    : entries.map(([key, text]) => `${key}=${text}\n`).join('')
}

/**
 * Finds the reason for which a text is not a pair, as the end of a sentence that begins with the variable; it shows nothing of the text. A key of
 * something else is refused, since writing the pair would lose it.
 */
export function findPairProblem(text: string, { format, keys }: PairFormat): string | undefined {
  const names = Object.values(keys)
  const expected =
    format === 'json'
      ? `a JSON object with the keys ${names.join(' and ')}`
      : `lines of ${names.map((name) => `${name}=…`).join(' and ')}`
  const found = parse(text, format)
  if (found === undefined) return `is not ${expected}`
  const missing = names.filter((name) => typeof found[name] !== 'string' || found[name] === '')
  if (missing.length > 0) return `has no text for ${missing.join(' and ')}: it must be ${expected}`
  const others = Object.keys(found).length - names.length
  if (others > 0)
    return `has ${others} more ${others === 1 ? 'key' : 'keys'} than ${names.join(' and ')}: they would be lost when the pair is written`
  return undefined
}

function parse(text: string, format: PairFormat['format']): Readonly<Record<string, unknown>> | undefined {
  if (format === 'env') return parseEnv(text)
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
    return Object.fromEntries(Object.entries(parsed))
  } catch {
    // The parser's error quotes the text.
    return undefined
  }
}
