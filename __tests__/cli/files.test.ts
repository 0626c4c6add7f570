import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { neededPermissions, type Choices } from '../../src/cli/init/choices.ts'
import { writeFilesFor } from '../../src/cli/init/files.ts'
import { parseConfiguration } from '../../src/compose/configuration.ts'
import { blocksOf, read } from '../contract/repository.ts'

const CHOICES: Choices = {
  accountId: '023e105f4ecef8ad9ca31a8372d0c353',
  kinds: ['deploy'],
  lock: 'kv',
  store: 'secrets-store',
  deployPermissions: ['Workers Scripts Write'],
  action: 'org/rotate-action@v1'
}
const IDS = { lockId: '0f2ac74b498b48028cb68387c421e279', storeId: '8f7a1cdced6342c18d223ece462fd88d' }
const AT = { repository: 'octo-org/ops', access: 'app', ids: IDS } as const

interface Workflow {
  readonly on: object
  readonly jobs: { readonly rotate: { readonly steps: readonly { readonly id?: string }[] } }
}

function writeWorkflow(choices: Choices): string {
  return writeFilesFor(choices, AT).get('.github/workflows/rotate.yml') ?? ''
}

/** The steps but the last of the whole form, which keeps the record. */
function stepsOf(workflow: string): readonly object[] {
  return (parse(workflow) as Workflow).jobs.rotate.steps.slice(0, 3)
}

describe('the files that init writes', () => {
  it('have the configuration at the top of the README, for a deploy token', () => {
    const [shown] = blocksOf('README.md').filter(({ language }) => language === 'yaml')
    const [[path, text]] = writeFilesFor(CHOICES, AT) as unknown as [[string, string]]
    expect(shown?.text).toBe(`# ${path}\n${text}`)
  })

  it('have the steps of the workflow at the top of the README, for a deploy token', () => {
    const [, shown] = blocksOf('README.md').filter(({ language }) => language === 'yaml')
    expect(stepsOf(writeWorkflow(CHOICES))).toMatchObject(stepsOf(shown?.text ?? ''))
  })

  it('have the workflow of examples/bootstrap, for the bootstrap pair, once a day', () => {
    const { on, ...written } = parse(writeWorkflow({ ...CHOICES, kinds: ['bootstrap'] })) as Workflow
    const { on: shownOn, ...shown } = parse(read('examples/bootstrap/rotate.yml')) as Workflow
    expect(written).toEqual(shown)
    expect(on).toEqual({ ...shownOn, schedule: [{ cron: '17 5 * * *' }] })
  })

  it.each(['kv', 'd1', 'none'] as const)('are valid for every choice, with the lock %s', (lock) => {
    for (const kinds of [['deploy'], ['bootstrap'], ['access'], ['deploy', 'bootstrap', 'access']] as const) {
      for (const store of ['secrets-store', 'none'] as const) {
        const ids = { ...IDS, lockId: lock === 'd1' ? '5e3b7c1a-92d4-4f60-8a1b-c7d9e0f24b68' : IDS.lockId }
        const [[path, text]] = writeFilesFor(
          { ...CHOICES, kinds, lock, store },
          { ...AT, ids }
        ) as unknown as [[string, string]]
        expect(parseConfiguration(text, path).rotations.map(({ name }) => name)).toEqual(
          ['bootstrap', 'deploy', 'access'].filter((name) => kinds.some((kind) => kind === name))
        )
      }
    }
  })

  it('need no more permissions of the set-up token than the choices do', () => {
    expect(neededPermissions(CHOICES)).toEqual(['Account API Tokens Write', 'Workers KV Storage Write'])
    expect(neededPermissions({ kinds: ['access'], lock: 'none', store: 'secrets-store' })).toEqual([
      'Account API Tokens Write',
      'Access: Service Tokens Write'
    ])
  })
})
