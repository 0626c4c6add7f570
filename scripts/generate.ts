/** Writes what is made from the sources: JSON schemas and parts of the documentation. With `--check` it only compares. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { toJsonSchema } from '@valibot/to-json-schema'
import { format, resolveConfig } from 'prettier'
import { configurationSchema } from '../src/compose/configuration.ts'
import { recordSchema } from '../src/rotation/record/schema.ts'
import { completeForEditors } from './editor-schema.ts'
import { fillSection, generateConfigurationReference, generateReadme } from './generate-docs.ts'

const root = join(import.meta.dirname, '..')

const files: Readonly<Record<string, () => string>> = {
  'docs/rotation.schema.json': () =>
    JSON.stringify({
      title: 'Configuration of rotate-action',
      ...completeForEditors(
        toJsonSchema(configurationSchema, { typeMode: 'input', errorMode: 'ignore' }),
        configurationSchema
      )
    }),
  'README.md': () => generateReadme(current('README.md'), current('action.yml')),
  'docs/configuration.md': () =>
    fillSection(
      current('docs/configuration.md'),
      'reference',
      generateConfigurationReference(
        toJsonSchema(configurationSchema, { typeMode: 'input', errorMode: 'ignore' })
      )
    ),
  'docs/record.schema.json': () =>
    JSON.stringify({
      title: 'Record of a run of rotate-action',
      ...toJsonSchema(recordSchema, { errorMode: 'ignore' })
    })
}

function current(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

const check = process.argv.includes('--check')
for (const [file, make] of Object.entries(files)) {
  const path = join(root, file)
  const text = await format(make(), { ...(await resolveConfig(path)), filepath: path })
  if (!check) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  } else if (read(path) !== text) {
    console.error(`${file} is not what the sources make of it: run "npm run generate" and commit it`)
    process.exitCode = 1
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
