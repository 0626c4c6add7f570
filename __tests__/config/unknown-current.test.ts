import { describe, expect, it } from '@jest/globals'
import { configure, IN_PLACE, SINGLE_TOKEN, type Keys } from '../../simulation/configurations.ts'
import { ACCESS, BOOTSTRAP } from '../../simulation/world.ts'
import {
  findMissingValues,
  findWarnings,
  parseConfiguration,
  variablesOf
} from '../../src/compose/configuration.ts'
import { findingsIn } from './documents.ts'

const ID = 'a1'.repeat(16)
const UNKNOWN = { current: 'unknown' } as const
const AT = 'rotations[0].credentials[0]'

const single = (credential: Keys): string => configure(SINGLE_TOKEN, { credential })
const other = { name: 'other', type: 'account-token', ttl: '24h', secrets: { value: 'OTHER_TOKEN' } }

describe('a credential whose current value the run is not given', () => {
  it.each([
    ['an API token', single(UNKNOWN)],
    ['an API token to adopt', single({ ...UNKNOWN, adopt: ID })],
    [
      'a service token to adopt',
      configure(ACCESS, { credential: { ...UNKNOWN, adopt: '0b5d1c2e-93f4-4a67-8b1c-d2e3f4a5b6c7' } })
    ]
  ])('may be %s', (_what, yaml) => {
    expect(findingsIn(yaml)).toEqual([])
  })

  it.each([
    [
      'has two slots',
      configure(BOOTSTRAP, { credential: UNKNOWN }),
      `${AT}.current: must not be unknown where`
    ],
    [
      'is adopted although its value is given',
      single({ adopt: ID }),
      `${AT}.adopt: needs \`current: unknown\``
    ],
    [
      'is promoted together with one that is given',
      configure(SINGLE_TOKEN, { credential: UNKNOWN, moreCredentials: [other] }),
      `${AT}.current: must not be unknown while the run is given the value of other`
    ],
    [
      'adopts what another adopts',
      configure(SINGLE_TOKEN, {
        credential: { ...UNKNOWN, adopt: ID },
        moreCredentials: [{ ...other, ...UNKNOWN, adopt: ID }]
      }),
      `rotations[0].credentials[1].adopt: must not be that of ${AT} too`
    ],
    [
      'gets a new secret in place',
      configure(IN_PLACE, { credential: UNKNOWN }),
      `${AT}.strategy: must not be rotate with`
    ],
    [
      'is refreshed',
      configure(ACCESS, { credential: { ...UNKNOWN, strategy: 'refresh' } }),
      `${AT}.strategy: must not be refresh with`
    ],
    ['is given in another way', single({ current: 'given' }), `${AT}.current: must be unknown, or left out`],
    [
      'adopts a name',
      single({ ...UNKNOWN, adopt: 'deploy' }),
      `${AT}.adopt: must be the id of the token in use`
    ]
  ])('is refused where it %s', (_what, yaml, finding) => {
    expect(findingsIn(yaml).join('\n')).toContain(finding)
  })

  it('asks for no value of it, and takes none that the step is given', () => {
    const auth = { secrets: 'STORE_TOKEN' }
    const configuration = parseConfiguration(configure(single(UNKNOWN), { top: { auth } }), 'rotation.yml')
    expect([...variablesOf(configuration)]).not.toContain('PRIMARY_SECRET_EDIT_TOKEN')
    const missing = findMissingValues(configuration, configuration.rotations, () => undefined)
    expect(missing.map(({ message }) => message).join()).not.toContain('PRIMARY_SECRET_EDIT_TOKEN')
  })

  it('needs no destination that feeds the next run', () => {
    const yaml = configure(single(UNKNOWN), { github: { repository: 'octo-org/site' } })
    const warnings = findWarnings(parseConfiguration(yaml, 'rotation.yml'), {
      repository: 'octo-org/ops',
      event: 'schedule'
    })
    expect(warnings.join()).not.toContain('destinations')
  })
})
