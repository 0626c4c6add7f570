import { recordSchema, type RunRecord, type TextKind } from './schema.ts'
import type { SecretRegistry } from '../../kernel/secret.ts'

/** Part of a valibot schema in which texts are looked for. */
interface SchemaNode {
  readonly type: string
  /** Begins with the schema itself, which can have its own pipe. */
  readonly pipe?: readonly (SchemaNode & { readonly metadata?: { readonly 'x-text'?: TextKind } })[]
  readonly entries?: Readonly<Record<string, SchemaNode>>
  readonly item?: SchemaNode
  readonly wrapped?: SchemaNode
}

/** Text of a record: its kind, its value and its path. */
interface RecordText {
  /** `exact`: an id, a name or a URL that was read somewhere; it is not changed and may not hold a secret. */
  readonly kind: TextKind | 'exact'
  readonly text: string
  readonly path: string
}

// Valibot's own types say the same, with a separate type for each of some hundred schemas.
const RECORD = recordSchema as unknown as SchemaNode

/** Redacts secrets in the texts for people, and in nothing else. */
export function redactRecord(record: RunRecord, redact: SecretRegistry['redact']): RunRecord {
  return mapTexts(RECORD, record, '', ({ kind, text }) =>
    kind === 'free' ? redact(text) : text
  ) as RunRecord
}

/** Finds the paths of texts that must not be changed and hold a secret, except values that are also names in the configuration. */
export function findExposed(record: RunRecord, findIn: SecretRegistry['findIn']): readonly string[] {
  const exact: RecordText[] = []
  const named: string[] = []
  mapTexts(RECORD, record, '', (found) => {
    if (found.kind === 'exact') exact.push(found)
    if (found.kind === 'configured') named.push(found.text)
    return found.text
  })
  const configured = named.join('\n')
  const exposed = findIn(exact.map(({ text }) => text).join('\n'))
    .map((value) => value.reveal())
    .filter((value) => !configured.includes(value))
  return exact.filter(({ text }) => exposed.some((value) => text.includes(value))).map(({ path }) => path)
}

/** Walks a value along its schema and replaces each text. */
function mapTexts(
  schema: SchemaNode,
  value: unknown,
  path: string,
  map: (text: RecordText) => string
): unknown {
  const { entries, item, wrapped } = schema
  if (value === null || value === undefined) return value
  if (wrapped !== undefined) return mapTexts(wrapped, value, path, map)
  if (Array.isArray(value) && item !== undefined)
    return value.map((one: unknown, index) => mapTexts(item, one, `${path}[${index}]`, map))
  if (typeof value === 'object' && entries !== undefined) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        mapTexts(entries[key]!, inner, path === '' ? key : `${path}.${key}`, map)
      ])
    )
  }
  // A text from a fixed list cannot hold a secret, even if a secret equals one of its words.
  if (typeof value !== 'string' || schema.type !== 'string') return value
  return map({ kind: kindOf(schema) ?? 'exact', text: value, path })
}

function kindOf({ pipe = [] }: SchemaNode): TextKind | undefined {
  return pipe.flatMap((part) => part.metadata?.['x-text'] ?? (part.pipe && kindOf(part)) ?? [])[0]
}
