/** The parts of the documentation that are made from the sources: the README's inputs and outputs, and the reference of the configuration. */
import { parse } from 'yaml'
import { DESCRIPTIONS } from './descriptions.ts'

interface ActionEntry {
  readonly description?: string
  readonly required?: boolean
  readonly default?: string | number | boolean
}

interface ActionManifest {
  readonly inputs?: Readonly<Record<string, ActionEntry>>
  readonly outputs?: Readonly<Record<string, ActionEntry>>
}

/** A JSON schema, as far as the configuration's uses it. */
interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
}

/**
 * Fills the tables of inputs and outputs in, between `<!-- inputs:start -->` and `<!-- inputs:end -->`, and the same for `outputs`.
 * @throws Error when an entry of `action.yml` has no description, or when a marker is missing
 */
export function generateReadme(readme: string, actionYaml: string): string {
  const { inputs = {}, outputs = {} } = parse(actionYaml) as ActionManifest
  const inputRows = Object.entries(inputs).map(([name, entry]) => [
    code(name),
    entry.default === undefined ? '' : code(String(entry.default)),
    descriptionOf(`input ${name}`, entry)
  ])
  const outputRows = Object.entries(outputs).map(([name, entry]) => [
    code(name),
    descriptionOf(`output ${name}`, entry)
  ])
  const filled = fillSection(readme, 'inputs', table(['input', 'default', 'meaning'], inputRows))
  return fillSection(filled, 'outputs', table(['output', 'meaning'], outputRows))
}

/**
 * Describes every key of the configuration, one table an object, from its JSON schema.
 * @throws Error when a key is described neither by the schema nor here
 */
export function generateConfigurationReference(schema: object): string {
  const sections: string[] = []
  const root: Place = { path: '', title: 'Top level' }
  describeObject(root, schema, sections)
  return sections.join('\n\n')
}

/** Puts text between `<!-- name:start -->` and `<!-- name:end -->`. @throws Error when a marker is missing */
export function fillSection(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const from = text.indexOf(start)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`The markers ${start} and ${end} are missing`)
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`
}

/** What the patterns of the schema stand for. */
const PATTERNS: Readonly<Record<string, string>> = {
  '\\S': 'text',
  '^[a-z0-9][a-z0-9-]{0,31}$': 'name',
  '^[0-9a-f]{32}$': 'id',
  '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$': 'UUID',
  '^[A-Z_][A-Z0-9_]*$': 'secret name',
  '^[1-9]\\d{0,8}[smhd]$': 'duration',
  '^[A-Za-z0-9-]+\\/(?!\\.{1,2}$)[A-Za-z0-9._-]+$': '`owner/name`',
  '^(?!\\.{1,2}$)[ -~\\u00a0-\\uffff]{1,255}$': 'text',
  '^[A-Za-z0-9-]+$': 'organization',
  "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,188}[A-Za-z0-9])?$": 'mail address',
  '^[A-Za-z0-9:]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$': 'host',
  '^([1-9]\\d{0,8}h|forever)$': 'hours, e.g. `8760h`, or `forever`'
}

interface Place {
  /** As errors name it, without indexes: `rotations[].credentials[]`. */
  readonly path: string
  readonly title: string
}

function describeObject({ path, title }: Place, schema: Schema, sections: string[]): void {
  const { properties = {}, required = [] } = schema
  const rows = Object.entries(properties).map(([key, property]) => [
    code(key),
    typeOf(property),
    property.default === undefined ? (required.includes(key) ? 'required' : '') : defaultOf(property.default),
    meaningOf(at(path, key), property)
  ])
  sections.push(`### ${title}`, table(['key', 'type', 'default', 'meaning'], rows))
  for (const [key, property] of Object.entries(properties)) describeInner(at(path, key), property, sections)
}

function describeInner(path: string, schema: Schema, sections: string[]): void {
  if (schema.items !== undefined) {
    describeInner(`${path}[]`, schema.items, sections)
    return
  }
  const variants = (schema.oneOf ?? schema.anyOf ?? [schema]).filter(
    ({ properties }) => properties !== undefined
  )
  for (const variant of variants) {
    const type = variant.properties?.['type']?.const
    const title = type === undefined ? code(path) : `${code(path)}, \`type: ${text(type)}\``
    describeObject({ path, title }, variant, sections)
  }
}

function at(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function meaningOf(path: string, { const: only, description }: Schema): string {
  const meaning = description ?? (only === undefined ? DESCRIPTIONS[path] : 'Says which kind it is.')
  if (meaning === undefined || meaning.trim() === '') {
    throw new Error(`${path} has no description: give it one in src/config/schema.ts`)
  }
  return oneLine(meaning)
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return code(text(schema.const))
  if (schema.enum !== undefined) return schema.enum.map((value) => code(text(value))).join(', ')
  if (schema.items !== undefined) return `list of ${plural(typeOf(schema.items))}`
  const variants = schema.oneOf ?? schema.anyOf
  if (variants !== undefined) return [...new Set(variants.map(typeOf))].join(' or ')
  if (schema.pattern !== undefined) {
    const known = PATTERNS[schema.pattern]
    if (known === undefined) throw new Error(`The pattern ${schema.pattern} has no name: give it one here`)
    return known
  }
  if (schema.type === 'object') return 'mapping'
  if (schema.type === 'string') return 'text'
  return schema.type ?? 'anything'
}

function plural(type: string): string {
  return /^[a-z ]+$/.test(type) && type !== 'text' ? `${type}s` : type
}

function defaultOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return code(text(value))
  if (Array.isArray(value)) return code(`[${value.map(text).join(', ')}]`)
  const entries = Object.entries(value)
  return entries.length === 0 ? '' : code(entries.map(([key, inner]) => `${key}: ${text(inner)}`).join(', '))
}

function descriptionOf(what: string, { description }: ActionEntry): string {
  if (description === undefined || description.trim() === '') {
    throw new Error(`action.yml: ${what} has no description`)
  }
  return oneLine(description)
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function code(value: string): string {
  return `\`${value.replaceAll('|', '\\|')}\``
}

function oneLine(value: string): string {
  return value.trim().replace(/\s+/g, ' ').replaceAll('|', '\\|')
}
