import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { BOOTSTRAP } from '../../sandbox/configurations.ts'

interface Schema {
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly patternErrorMessage?: string
  readonly errorMessage?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly additionalProperties?: Schema | boolean
}

const root = JSON.parse(
  readFileSync(new URL('../../docs/rotation.schema.json', import.meta.url), 'utf8')
) as Schema

/** Every part of the schema with its path, as an editor comes to it. */
function walk(schema: Schema, path = ''): readonly (readonly [string, Schema])[] {
  const { properties = {}, items, oneOf = [], anyOf = [] } = schema
  return [
    [path, schema],
    ...Object.entries(properties).flatMap(([key, one]) => walk(one, `${path}.${key}`)),
    ...(items === undefined ? [] : walk(items, `${path}[]`)),
    ...[...oneOf, ...anyOf].flatMap((one, index) => walk(one, `${path}<${index}>`))
  ]
}

const parts = walk(root)
const keys = parts.flatMap(([path, { properties = {} }]) =>
  Object.entries(properties).map(([key, schema]) => [`${path}.${key}`, schema] as const)
)

describe('in an editor', () => {
  it('every key has a description', () => {
    expect(keys.length).toBeGreaterThan(60)
    expect(
      keys.filter(([, { description }]) => !/^[A-Z`].*[.:]$/s.test(description ?? '')).map(([path]) => path)
    ).toEqual([])
  })

  it('a value that is no name, id or duration is answered in words', () => {
    const patterns = parts.filter(([, { pattern }]) => pattern !== undefined)
    expect(patterns.length).toBeGreaterThan(20)
    for (const [path, { patternErrorMessage }] of patterns)
      expect([path, patternErrorMessage]).toEqual([path, expect.stringMatching(/^must be /)])
  })

  it('a value that is none of a few is answered in words', () => {
    const choices = parts.filter(([, schema]) => schema.enum !== undefined || schema.const !== undefined)
    expect(choices.length).toBeGreaterThan(10)
    for (const [path, { errorMessage }] of choices)
      expect([path, errorMessage]).toEqual([path, expect.stringMatching(/^must /)])
  })

  it.each([
    ['.lock', ['kv', 'd1', 'durable-object', 'none']],
    ['.alert<0>', ['issue', 'email', 'webhook', 'none']],
    ['.alert<1>[]', ['issue', 'email', 'webhook', 'none']],
    ['.rotations[].credentials[]', ['account-token', 'user-token', 'access-service-token']],
    [
      '.rotations[].destinations[]',
      ['secrets-store', 'github-secret', 'worker-secret', 'pages-secret', 'command']
    ]
  ])('%s offers every type before one is chosen', (path, types) => {
    const [, union] = parts.find(([one]) => one === path)!
    expect(union.properties?.['type']?.enum).toEqual(types)
    expect(union.required).toEqual(['type'])
    expect(union.oneOf?.map((one) => one.properties?.['type']?.const)).toEqual(types)
  })

  it('a wrong type is one error that lists the right ones', () => {
    const validate = new Ajv({ strict: false, allErrors: true }).compile(root)
    validate(parse(BOOTSTRAP.replace('type: kv', 'type: redis')))
    const own = validate.errors!.filter(
      ({ schemaPath }) => schemaPath === '#/properties/lock/properties/type/enum'
    )
    expect(own).toHaveLength(1)
    expect(own[0]!.params).toEqual({ allowedValues: ['kv', 'd1', 'durable-object', 'none'] })
  })
})
