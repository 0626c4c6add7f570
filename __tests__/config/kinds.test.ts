import { describe, expect, it } from '@jest/globals'
import * as v from 'valibot'
import { kinds } from '../../src/compose/kinds.ts'
import * as load from '../../src/config/load.ts'
import { findMissingValues } from '../../src/config/missing-values.ts'
import { createConfigurationSchema } from '../../src/config/schema.ts'
import { variable } from '../../src/kernel/fields.ts'
import type { AlertDescriptor, DestinationDescriptor, ProbeDescriptor } from '../../src/kernel/kinds.ts'
import { listFiles, read } from '../contract/repository.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { findingsIn } from './documents.ts'

const webhookSchema = v.strictObject({ type: v.literal('chat'), url: variable })
const chat: AlertDescriptor<v.InferOutput<typeof webhookSchema>> = {
  type: 'chat',
  schema: webhookSchema,
  variables: ({ url }) => [{ path: 'url', name: url, secret: true, holds: 'line' }]
}

const pagesSchema = v.strictObject({ type: v.literal('vault-secret'), project: v.string() })
const pages: DestinationDescriptor<v.InferOutput<typeof pagesSchema>> = {
  type: 'vault-secret',
  schema: pagesSchema,
  places: ({ project }) => [project],
  findNameProblem: () => undefined,
  permissions: () => [{ role: 'tokens', permission: 'Pages Write' }]
}

const ftpSchema = v.strictObject({ ftp: v.strictObject({ host: v.string() }) })
const ftp: ProbeDescriptor<v.InferOutput<typeof ftpSchema>> = {
  key: 'ftp',
  schema: ftpSchema,
  suits: ['api-token'],
  findProblems: ({ ftp }) => (ftp.host === '' ? [{ path: 'ftp.host', message: 'must not be empty' }] : [])
}

const more = {
  ...kinds,
  alerts: [...kinds.alerts, chat],
  destinations: [...kinds.destinations, pages],
  probes: [...kinds.probes, ftp]
}
const form = { kinds: more, schema: createConfigurationSchema(more) }
const yaml = `${BOOTSTRAP}alert: { type: chat, url: HOOK }\n`
  .replace('- can: tokens', '- ftp: { host: files }')
  .replace('    destinations:\n', '    destinations:\n      - { type: vault-secret, project: docs }\n')

describe('a kind that is added', () => {
  it('is accepted by a schema that is made with it, and refused by one that is not', () => {
    const { alert, rotations } = load.parseConfiguration(yaml, 'rotation.yml', form)
    expect(alert).toEqual([{ type: 'chat', url: 'HOOK' }])
    expect(rotations[0]!.destinations[0]).toEqual({ type: 'vault-secret', project: 'docs' })
    expect(rotations[0]!.credentials[0]!.verify[0]).toEqual({ ftp: { host: 'files' } })
    expect(findingsIn(yaml)).toContain('alert.type: must have a type: issue, email, webhook or none')
  })

  it('is named by the messages about a type or a key that no kind has', () => {
    const parse = (text: string) => () => load.parseConfiguration(text, 'rotation.yml', form)
    expect(parse(yaml.replace('type: chat', 'type: pager'))).toThrow(
      'alert.type: must have a type: issue, email, webhook, none or chat'
    )
    expect(parse(yaml.replace('ftp: { host: files }', 'ssh: files'))).toThrow(
      'verify[0]: must be a probe with one key: can, http, s3, run or ftp'
    )
  })

  it('checks its own configuration, with the path of the part that it stands in', () => {
    const parse = () => load.parseConfiguration(yaml.replace('host: files', 'host: ""'), 'x', form)
    expect(parse).toThrow('rotations[0].credentials[0].verify[0].ftp.host: must not be empty')
  })

  it('has its variables checked, with the path of the part that it stands in', () => {
    const configuration = load.parseConfiguration(yaml, 'x', form)
    const problems = findMissingValues(configuration, more, {
      selected: configuration.rotations,
      valueOf: (name) => (name === 'HOOK' ? undefined : 'x'.repeat(40))
    })
    expect(problems).toEqual([
      { path: 'alert.url', message: expect.stringContaining('HOOK is not set') as unknown }
    ])
  })
})

it('no file compares the name of a kind: what differs is asked of the descriptor', () => {
  const names = [...kinds.credentials, ...kinds.destinations, ...kinds.locks, ...kinds.alerts]
    .map(({ type }) => type)
    .filter((type) => type !== 'none')
  const keys = kinds.probes.map(({ key }) => key)
  const comparison = new RegExp(
    `((===|!==|case) '(${[...names, ...keys].join('|')})')|('(${keys.join('|')})' in )`
  )
  // `init` writes a first configuration, with kinds that it asks for by name.
  const files = listFiles(/^src\/(?!cli\/init\/).*\.ts$/)
  const comparing = files.filter((file) => comparison.test(read(file)))
  expect(comparing).toEqual([])
})
