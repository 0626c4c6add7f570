/** Generated parts of the documentation: the README's inputs and outputs, and the configuration reference. */
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

/** The part of JSON Schema that the configuration uses. */
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
 * Fills in the tables between `<!-- inputs:start -->` and `<!-- inputs:end -->`, and between the same markers for `outputs`.
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
 * Describes every key of the configuration from its JSON schema. Small mappings are rows of the table of their parent.
 * @throws Error when a key is described neither by the schema nor here
 */
export function generateConfigurationReference(schema: object): string {
  const sections: string[] = []
  describeObject({ path: '', title: 'Top level' }, schema, sections)
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

/** Names for the patterns of the schema. */
const PATTERNS: Readonly<Record<string, string>> = {
  '\\S': 'text',
  '^[a-z0-9][a-z0-9-]{0,31}$': 'name',
  '^[\\w.-]+\\.ya?ml$': 'name of a file',
  '^[0-9a-f]{32}$': 'id',
  '^[0-9a-f]{32}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$': 'id',
  '^\\d{4}-\\d\\d-\\d\\d(T[0-9:.]+(Z|[+-]\\d\\d:\\d\\d))?$': 'date',
  '^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$': 'name of a bucket',
  '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$': 'UUID',
  '^[A-Z_][A-Z0-9_]*$': 'secret name',
  '^[1-9]\\d{0,8}[smhd]$': 'duration',
  '^[A-Za-z0-9-]+\\/(?!\\.{1,2}$)[A-Za-z0-9._-]+$': '`owner/name`',
  '^(?!\\.{1,2}$)[ -~\\u00a0-\\uffff]{1,255}$': 'text',
  '^[A-Za-z0-9-]+$': 'organization',
  '^[a-z0-9_][a-z0-9_-]{0,254}$': 'name of a Worker',
  '^[a-z0-9][a-z0-9-]{0,57}$': 'name of a Pages project',
  "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,188}[A-Za-z0-9])?$": 'mail address',
  '^[A-Za-z0-9:]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$': 'host',
  '^([1-9]\\d{0,8}h|forever)$': 'hours, e.g. `8760h`, or `forever`'
}

/** Lists of mappings that have a table of their own although their items have no `type`. */
const OWN_TABLE: ReadonlySet<string> = new Set(['rotations[]'])

interface Place {
  /** As errors name it, without indexes: `rotations[].credentials[]`. */
  readonly path: string
  readonly title: string
}

type Row = readonly [key: string, type: string, fallback: string, meaning: string]

/** A table in the making: its rows, and the places that follow it with tables of their own. */
interface Table {
  /** Path of the mapping that the table describes; keys are shown relative to it. */
  readonly base: string
  readonly rows: Row[]
  readonly inner: { readonly place: Place; readonly schema: Schema }[]
}

function describeObject({ path, title }: Place, schema: Schema, sections: string[]): void {
  const { rows, inner }: Table = addRows({ base: path, rows: [], inner: [] }, path, schema)
  if (rows.length > 0) sections.push(`### ${title}`, table(['key', 'type', 'default', 'meaning'], rows))
  for (const { place, schema: one } of inner) {
    const [heading = '', body = '', ...deeper] = describe(place, one)
    const same = sections.indexOf(body)
    // Kinds with the same keys share a table.
    if (same > 0 && deeper.length === 0) sections[same - 1] += ` or ${heading.split(', ').at(-1) ?? ''}`
    else sections.push(heading, body, ...deeper)
  }
}

function describe(place: Place, schema: Schema): readonly string[] {
  const sections: string[] = []
  describeObject(place, schema, sections)
  return sections
}

function addRows(to: Table, path: string, { properties = {}, required = [] }: Schema, choices = 1): Table {
  for (const [key, property] of Object.entries(properties)) {
    // The heading of the table says which `type` it is about.
    if (key === 'type' && property.const !== undefined) continue
    const here = at(path, key)
    const missing = required.includes(key) ? (choices > 1 ? 'one of these' : 'required') : ''
    to.rows.push([
      code(here.slice(to.base === '' ? 0 : to.base.length + 1)),
      typeOf(property),
      property.default === undefined ? missing : defaultOf(property.default),
      meaningOf(here, property)
    ])
    addInner(to, here, property)
  }
  return to
}

function addInner(to: Table, path: string, schema: Schema): void {
  if (schema.items !== undefined) {
    addInner(to, `${path}[]`, schema.items)
    return
  }
  const variants = (schema.oneOf ?? schema.anyOf ?? [schema])
    .flatMap((option) => option.oneOf ?? [option])
    .filter((variant) => variant.properties !== undefined && !isSlots(variant))
  for (const variant of variants) {
    const type = variant.properties?.['type']?.const
    if (type !== undefined) {
      to.inner.push({ place: { path, title: `${code(path)}, \`type: ${text(type)}\`` }, schema: variant })
    } else if (OWN_TABLE.has(path)) {
      to.inner.push({ place: { path, title: code(path) }, schema: variant })
    } else {
      addRows(to, path, variant, variants.length)
    }
  }
}

/** Whether a mapping names the two slots of a field, which its type tells well enough. */
function isSlots({ properties = {} }: Schema): boolean {
  return Object.keys(properties).join() === 'primary,secondary'
}

function at(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function meaningOf(path: string, { description }: Schema): string {
  const meaning = description ?? DESCRIPTIONS[path]
  if (meaning === undefined || meaning.trim() === '') {
    throw new Error(`${path} has no description: give it one in its schema, or in scripts/descriptions.ts`)
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
  if (isSlots(schema)) return '`{ primary, secondary }`'
  if (schema.type === 'object') return 'mapping'
  if (schema.type === 'string') return 'text'
  return schema.type ?? 'anything'
}

function plural(type: string): string {
  if (type.endsWith('s')) return `${type}es`
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
  // Unpadded, since the longest description would widen every row.
  return ['<!-- prettier-ignore -->', line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
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
