import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { findWarnings, parseConfiguration } from '../../src/compose/configuration.ts'
import { ACCESS, BOOTSTRAP } from '../../simulation/world.ts'
import { changed } from './documents.ts'

const warningsOf = (yaml: string, repository = 'octo-org/ops', event = 'schedule') =>
  findWarnings(parseConfiguration(yaml, 'x'), { repository, event })

describe('a warning', () => {
  it('is given for nothing in the quick start', () => {
    expect(warningsOf(BOOTSTRAP)).toEqual([])
  })

  it('says that a lifetime under twice the interval lets both slots expire after one missed rotation', () => {
    const monthly = changed('  - name: bootstrap\n', '  - name: bootstrap\n    every: 30d\n')
    expect(warningsOf(monthly.replaceAll('ttl: 24h', 'ttl: 60d'))).toEqual([])
    expect(warningsOf(monthly.replace('ttl: 24h', 'ttl: 59d').replace('ttl: 24h', 'ttl: 60d'))).toEqual([
      expect.stringMatching(/^rotations\[0\]\.credentials\[0\]\.ttl: 59d is less than twice `every` \(30d\)/)
    ])
  })

  it("says that a lifetime is shorter than the gaps of GitHub's cron", () => {
    expect(warningsOf(changed('ttl: 24h', 'ttl: 2h'))).toEqual([
      expect.stringMatching(/^rotations\[0\]\.credentials\[0\]\.ttl: .*6\.5 h/)
    ])
    expect(warningsOf(changed('ttl: 24h', 'ttl: 2h'), 'octo-org/ops', 'workflow_dispatch')).toEqual([])
  })

  it('says that no destination feeds the next run', () => {
    expect(warningsOf(BOOTSTRAP, 'octo-org/other')).toEqual([
      expect.stringMatching(/^rotations\[0\]\.destinations: .*octo-org\/other/)
    ])
    expect(warningsOf(BOOTSTRAP, 'Octo-Org/OPS')).toEqual([])
    const organization = changed(
      '        repository: octo-org/ops\n        environment: rotation\n',
      '        organization: octo-org\n'
    )
    expect(warningsOf(organization, 'octo-org/anything')).toEqual([])
    expect(warningsOf(organization, 'elsewhere/ops')).toHaveLength(1)
  })

  it('says nothing of a destination that is a command, since that may write to where runs are given their secrets', () => {
    const destinations = [{ type: 'command', label: 'SOPS', write: './put-secret.sh' }]
    const byCommand = configure(ACCESS, { rotation: { destinations } })
    expect(warningsOf(byCommand, 'octo-org/other')).toEqual([])
  })
})
