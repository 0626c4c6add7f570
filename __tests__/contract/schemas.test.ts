import { spawnSync } from 'node:child_process'
import { describe, it, expect } from '@jest/globals'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { listFiles, read, root } from './repository.ts'

describe('generated files', () => {
  it('matches the generated files with what the sources generate', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/generate.ts', '--check'], {
      cwd: root,
      encoding: 'utf8'
    })
    expect({ status, said: `${stdout}${stderr}` }).toEqual({ status: 0, said: '' })
  })
})

describe('published schema of the configuration', () => {
  const schema = JSON.parse(read('docs/rotation.schema.json')) as object
  const validate = new Ajv({ strict: false }).compile(schema)

  it.each(listFiles(/^examples\/.*\/rotation\.yml$/))('accepts the configuration in %s', (file) => {
    expect(validate(parse(read(file)))).toBe(true)
  })

  it.each([
    ['an unknown key', { unknown: 1 }],
    ['another version', { version: 2 }],
    ['no list of rotations', { rotations: {} }],
    ['an account that is not an id', { 'account-id': 'mine' }]
  ])('refuses a configuration with %s', (_what, change) => {
    const example = parse(read('examples/bootstrap/rotation.yml')) as object
    expect(validate({ ...example, ...change })).toBe(false)
  })
})

describe('published schema of the record', () => {
  it('compiles the schema of the record, which allows no other keys', () => {
    const schema = JSON.parse(read('docs/record.schema.json')) as { additionalProperties?: boolean }
    expect(schema.additionalProperties).toBe(false)
    expect(() => new Ajv({ strict: false }).compile(schema)).not.toThrow()
  })
})
