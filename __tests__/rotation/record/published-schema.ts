import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'

/** Checks a record against its published schema. To check the schema itself takes longer, and another test does. */
export const matchesRecordSchema = new Ajv({
  strict: false,
  validateSchema: false,
  code: { optimize: false }
}).compile(
  JSON.parse(readFileSync(new URL('../../../docs/record.schema.json', import.meta.url), 'utf8')) as object
)
