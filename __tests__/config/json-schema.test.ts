import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { RIGHT, WRONG } from './documents.ts'

const matches = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(new URL('../../docs/rotation.schema.json', import.meta.url), 'utf8')) as object
)

/** What a JSON schema can't say. */
const BEYOND = [
  'a KV time to live under 60 s',
  'a secret that begins with GITHUB_',
  'an environment without a repository',
  'a repository and an organization'
]

describe('docs/rotation.schema.json', () => {
  it.each(RIGHT)('accepts a configuration with %s', (_what, yaml) => {
    matches(parse(yaml))
    expect(matches.errors ?? []).toEqual([])
  })

  it.each(WRONG.filter(([what]) => !BEYOND.includes(what)))(
    'refuses a configuration with %s',
    (_what, yaml) => {
      expect(matches(parse(yaml))).toBe(false)
    }
  )
})
