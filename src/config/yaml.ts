import { LineCounter, isScalar, parseDocument, visit, type Document } from 'yaml'
import { badConfiguration } from './problems.ts'

/** Something that is wrong with a text, and its offset in it. */
interface Misfit {
  readonly at: number
  readonly message: string
}

/**
 * Parses YAML into plain data.
 * @param label how errors name the text
 * @throws RotationError `bad-configuration` with lines and columns
 */
export function parseYaml(yaml: string, label: string): unknown {
  const lines = new LineCounter()
  // What the parser would do for unique keys and for pretty errors takes time that grows with the square of the text: minutes, at the limit.
  const document = parseDocument(yaml, {
    prettyErrors: false,
    uniqueKeys: false,
    lineCounter: lines,
    // With `silent` a second document would be dropped without a word.
    logLevel: 'error'
  })
  const unreadable = findUnreadable(document)
  const misfits = unreadable.length > 0 ? unreadable : findRepeatedKeys(document)
  if (misfits.length > 0) {
    const problems = misfits.map(({ at, message }) => {
      const { line, col } = lines.linePos(at)
      return { path: `line ${line}, column ${col}`, message }
    })
    throw badConfiguration(label, problems)
  }
  return toPlainData(document, label)
}

function findUnreadable({ errors, warnings }: Document): readonly Misfit[] {
  return [...errors, ...warnings].map(({ code, pos, message }) => ({
    at: pos[0],
    message:
      code === 'MULTIPLE_DOCS'
        ? 'is a second YAML document: a configuration has one; take the line --- out'
        : `not valid YAML: ${message.split('\n')[0]!}`
  }))
}

function findRepeatedKeys(document: Document): readonly Misfit[] {
  const misfits: Misfit[] = []
  visit(document, {
    Map: (_key, map) => {
      const seen = new Set<unknown>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value))
          misfits.push({ at: key.range?.[0] ?? 0, message: 'not valid YAML: Map keys must be unique' })
        seen.add(key.value)
      }
    }
  })
  return misfits
}

function toPlainData(document: Document, label: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw badConfiguration(label, [{ path: '', message: `not valid YAML: ${reason}` }])
  }
}
