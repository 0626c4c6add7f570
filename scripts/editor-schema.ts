import { DESCRIPTIONS } from './descriptions.ts'

/** A JSON schema, as far as it is looked into here. */
interface Schema {
  description?: string
  const?: unknown
  enum?: unknown[]
  pattern?: string
  patternErrorMessage?: string
  errorMessage?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  oneOf?: Schema[]
  anyOf?: Schema[]
}

/** The validation's messages, by the pattern or the choice that a value must fit. */
type Words = ReadonlyMap<string, string>

/**
 * Completes the JSON schema of the configuration for editors: a description of every key, every type of a union in one place, and, where a value does not
 * fit, the words with which the action itself refuses it. `patternErrorMessage` and `errorMessage` are what VS Code and its YAML extension show.
 * @param validation the schema that the JSON schema was made from
 */
export function completeForEditors(schema: object, validation: object): object {
  const completed = structuredClone(schema) as Schema
  complete(completed, '', collectWords(validation))
  return completed
}

function complete(schema: Schema, path: string, words: Words): void {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const at = path === '' ? key : `${path}.${key}`
    property.description ??= describe(at, property)
    complete(property, at, words)
  }
  if (schema.items !== undefined) complete(schema.items, `${path}[]`, words)
  for (const option of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) complete(option, path, words)
  if (schema.oneOf !== undefined) offerTypes(schema, schema.oneOf)
  if (schema.pattern !== undefined) schema.patternErrorMessage = find(words, schema.pattern)
  if (schema.enum !== undefined) schema.errorMessage ??= find(words, JSON.stringify(schema.enum))
  if (schema.const !== undefined)
    schema.errorMessage ??=
      words.get(JSON.stringify([schema.const])) ?? `must be ${JSON.stringify(schema.const)}`
}

function describe(path: string, schema: Schema): string {
  const description = schema.const === undefined ? DESCRIPTIONS[path] : 'Says which kind it is.'
  if (description === undefined)
    throw new Error(`${path} has no description: give it one in scripts/descriptions.ts`)
  return description
}

/** Without this, an editor offers no type before one is written, and says of a wrong one only that no option fits. */
function offerTypes(schema: Schema, options: readonly Schema[]): void {
  const types = options.map(({ properties }) => properties?.['type']?.const)
  if (types.includes(undefined)) return
  schema.properties = {
    type: {
      enum: types,
      description: `Says which kind it is: ${types.map((type) => `\`${String(type)}\``).join(', ')}.`,
      errorMessage: `must be one of ${types.map(String).join(', ')}`
    }
  }
  schema.required = ['type']
}

function find(words: Words, key: string): string {
  const message = words.get(key)
  if (message === undefined) throw new Error(`No message is known for ${key}`)
  return message
}

/** Walks through a validation schema for the messages of its patterns and choices. */
function collectWords(validation: object): Words {
  const words = new Map<string, string>()
  const seen = new Set<object>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || seen.has(node)) return
    seen.add(node)
    const { requirement, options, literal, message } = node as Record<string, unknown>
    if (typeof message === 'string') {
      if (requirement instanceof RegExp) words.set(requirement.source, message)
      if (Array.isArray(options)) words.set(JSON.stringify(options), message)
      if (literal !== undefined) words.set(JSON.stringify([literal]), message)
    }
    for (const value of Object.values(node)) visit(value)
  }
  visit(validation)
  return words
}
