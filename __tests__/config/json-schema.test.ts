import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { RIGHT, WRONG } from './documents.ts'

const matches = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(new URL('../../docs/rotation.schema.json', import.meta.url), 'utf8')) as object
)

/** What a JSON schema can't say. */
const BEYOND: readonly (string | RegExp)[] = [
  /^ttl: /,
  /^every: /,
  /^a ttl of /,
  /^a lock of type .* that never ends$/,
  /^a probe (of|that waits) /,
  /^an R2 key with (?!a probe of (the bucket|a jurisdiction that)|a probe without)/,
  'an s3 probe of a token without an R2 key',
  'no lock for a second',
  'a KV time to live under 60 s',
  'a D1 time to live under 60 s',
  'a coordinator at http://locks.example.com',
  'a coordinator at https://user:pass@example.com',
  'a coordinator at https://example.com/?a=1',
  'a coordinator at example.com',
  'a coordinator time to live over a day',
  'strategy rotate with two slots',
  'no rotations',
  'an empty watch and no rotations',
  'a watch of a date that is none',
  'a watch of a day that its month does not have',
  'two alerts that are equal',
  'a label with a comma',
  'two watches of one name',
  'a secret that begins with GITHUB_',
  'an environment without a repository',
  'a repository and an organization',
  'mail in plain to another machine',
  'mail in plain to a name like a loopback address',
  'mail with a user without a password'
]

describe('docs/rotation.schema.json', () => {
  it.each(RIGHT)('accepts a configuration with %s', (_what, yaml) => {
    matches(parse(yaml))
    expect(matches.errors ?? []).toEqual([])
  })

  it.each(
    WRONG.filter(([what]) => !BEYOND.some((one) => (typeof one === 'string' ? one === what : one.test(what))))
  )('refuses a configuration with %s', (_what, yaml) => {
    expect(matches(parse(yaml))).toBe(false)
  })
})
