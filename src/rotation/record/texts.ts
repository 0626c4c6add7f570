import { recordSchema, type RunRecord, type TextKind } from './schema.ts'
import type { SecretRegistry } from '../../kernel/secret.ts'

/** A schema of valibot as far as texts are looked for in it. */
interface SchemaNode {
  readonly type: string
  /** Begins with the schema itself, which can have a pipe of its own. */
  readonly pipe?: readonly (SchemaNode & { readonly metadata?: { readonly 'x-text'?: TextKind } })[]
  readonly entries?: Readonly<Record<string, SchemaNode>>
  readonly item?: SchemaNode
  readonly wrapped?: SchemaNode
}

/** One text of a record: its kind, its value and its path. */
interface RecordText {
  /** `exact`: an id, a name or a URL that was read somewhere; it is neither changed nor may it hold a secret. */
  readonly kind: TextKind | 'exact'
  readonly text: string
  readonly path: string
}

// Valibot's own types say the same, by a type of its own for each of some hundred schemas.
const RECORD = recordSchema as unknown as SchemaNode

/** Takes secrets out of the texts for people, and of nothing else. */
export function redactRecord(record: RunRecord, redact: SecretRegistry['redact']): RunRecord {
  return mapTexts(RECORD, record, '', ({ kind, text }) =>
    kind === 'free' ? redact(text) : text
  ) as RunRecord
}

/** Paths of what must stay as it is but holds a secret; a value that the configuration itself has as a name is none. */
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

/** Goes through a value by its schema and replaces each text. */
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
  // What is one of a few words can't hold a secret, whatever word a secret is.
  if (typeof value !== 'string' || schema.type !== 'string') return value
  return map({ kind: kindOf(schema) ?? 'exact', text: value, path })
}

function kindOf({ pipe = [] }: SchemaNode): TextKind | undefined {
  return pipe.flatMap((part) => part.metadata?.['x-text'] ?? (part.pipe && kindOf(part)) ?? [])[0]
}
