import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { findingsIn } from './documents.ts'

const REPOSITORY = { type: 'github-secret', repository: 'octo-org/site' }
const AT = /^rotations\[0\]\.destinations\[2\]\.names\./

/** The problems of a destination in another repository with these names. */
function problemsOf(names: unknown, more: object = REPOSITORY): readonly string[] {
  return findingsIn(configure(BOOTSTRAP, { moreDestinations: { after: [{ ...more, names }] } }))
}

describe('names at a destination', () => {
  it('may be one name, a list or null for a variable', () => {
    expect(
      problemsOf({
        PRIMARY_SECRET_EDIT_TOKEN: ['CLOUDFLARE_API_TOKEN', 'CF_API_TOKEN'],
        PRIMARY_TOKEN_CREATION_TOKEN: 'CREATION_TOKEN',
        SECONDARY_TOKEN_CREATION_TOKEN: null
      })
    ).toEqual([])
  })

  it.each([
    ['a digit at the beginning', '1_TOKEN', 'must be the name of a GitHub secret'],
    ['a hyphen', 'API-TOKEN', 'must be the name of a GitHub secret'],
    ['nothing', '', 'must be the name of a GitHub secret'],
    ["GitHub's own prefix", 'GITHUB_API_TOKEN', 'must not begin with GITHUB_'],
    ["GitHub's own prefix in lower case", 'github_api_token', 'must not begin with GITHUB_']
  ])('are refused with %s', (_what, name, message) => {
    const problems = problemsOf({ PRIMARY_SECRET_EDIT_TOKEN: ['RIGHT', name] })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(AT)
    expect(problems[0]).toContain(message)
  })

  it('are refused in a Secrets Store with a space', () => {
    const store = { type: 'secrets-store', 'store-id': 'f'.repeat(32) }
    expect(problemsOf({ PRIMARY_SECRET_EDIT_TOKEN: 'API TOKEN' }, store)).toEqual([
      expect.stringContaining('must be the name of a secret: 1 to 255 of A-Z, a-z, 0-9, _ and -')
    ])
  })

  it.each(['', 'A=B', 'A\tB', 'A\nB'])('are refused for a command as %j', (name) => {
    const command = { type: 'command', label: 'Vault', write: './put' }
    expect(problemsOf({ PRIMARY_SECRET_EDIT_TOKEN: name }, command)).toEqual([
      expect.stringContaining('must be a name without control characters and without =')
    ])
    expect(problemsOf({ PRIMARY_SECRET_EDIT_TOKEN: 'team/site token' }, command)).toEqual([])
  })

  it('are refused for a variable that no credential of the rotation has', () => {
    expect(problemsOf({ DEPLOY_TOKEN: 'CLOUDFLARE_API_TOKEN' })).toEqual([
      expect.stringContaining(
        "destinations[2].names.DEPLOY_TOKEN: is not a secret name of this rotation's credentials: PRIMARY_"
      )
    ])
  })

  it('are refused when two variables have the same name in one place', () => {
    expect(problemsOf({ PRIMARY_SECRET_EDIT_TOKEN: 'TOKEN', PRIMARY_TOKEN_CREATION_TOKEN: 'token' })).toEqual(
      [
        expect.stringContaining(
          'names.PRIMARY_SECRET_EDIT_TOKEN: writes TOKEN of octo-org/site, which rotations[0].destinations[2].names.PRIMARY_TOKEN_CREATION_TOKEN writes already'
        )
      ]
    )
  })

  it('are refused when one variable has the name of another', () => {
    expect(problemsOf({ PRIMARY_SECRET_EDIT_TOKEN: 'SECONDARY_SECRET_EDIT_TOKEN' })).toEqual([
      expect.stringContaining('writes SECONDARY_SECRET_EDIT_TOKEN of octo-org/site')
    ])
  })

  it('may be the same in two places, for two rotations', () => {
    expect(problemsOfTwo('octo-org/site', 'octo-org/docs')).toEqual([])
  })

  it('are refused when two rotations write the same name in one place', () => {
    expect(problemsOfTwo('octo-org/site', 'Octo-Org/Site')).toEqual([
      expect.stringContaining(
        'rotations[1].destinations[0].names.SECOND_TOKEN: writes CLOUDFLARE_API_TOKEN of Octo-Org/Site, which rotations[0].destinations[0].names.FIRST_TOKEN writes already'
      )
    ])
  })

  it('are refused when every destination has null for a variable', () => {
    const yaml = configure(BOOTSTRAP, {
      github: { names: { SECONDARY_SECRET_EDIT_TOKEN: null } },
      store: { names: { SECONDARY_SECRET_EDIT_TOKEN: null } }
    })
    expect(findingsIn(yaml)).toEqual([
      expect.stringContaining(
        '.secrets.value.secondary: "SECONDARY_SECRET_EDIT_TOKEN" is null at every destination'
      )
    ])
  })

  it.each([
    ['a number', 7],
    ['an empty list', []],
    ['a mapping', {}]
  ])('are refused when they are %s', (_what, name) => {
    expect(problemsOf({ PRIMARY_SECRET_EDIT_TOKEN: name })[0]).toMatch(AT)
  })
})

function problemsOfTwo(first: string, second: string): readonly string[] {
  const of = (name: string, variable: string, repository: string) => ({
    name,
    credentials: [{ name: 'deploy', type: 'account-token', ttl: '24h', secrets: { value: variable } }],
    destinations: [{ type: 'github-secret', repository, names: { [variable]: 'CLOUDFLARE_API_TOKEN' } }]
  })
  const base = JSON.parse(configure(BOOTSTRAP, {})) as object
  const rotations = [of('first', 'FIRST_TOKEN', first), of('second', 'SECOND_TOKEN', second)]
  return findingsIn(JSON.stringify({ ...base, rotations }))
}

describe('places in GitHub', () => {
  const github = (keys: object): readonly string[] =>
    findingsIn(configure(BOOTSTRAP, { moreDestinations: { after: [{ type: 'github-secret', ...keys }] } }))

  it('may be several repositories, environments and stores', () => {
    expect(
      github({
        repositories: ['octo-org/site', 'octo-org/docs'],
        environments: ['preview', 'production'],
        stores: ['actions', 'dependabot', 'codespaces']
      })
    ).toEqual([])
    expect(github({ organization: 'octo-org', stores: ['dependabot'] })).toEqual([])
  })

  it.each([
    ['no repository and no organization', {}, 'must have exactly one of repository'],
    ['an empty list', { repositories: [] }, 'must hold at least one of the repositories'],
    ['a repository twice', { repositories: ['octo-org/site', 'octo-org/site'] }, 'must hold each only once'],
    [
      'a single and several',
      { repository: 'octo-org/site', repositories: ['octo-org/docs'] },
      'exactly one of repository'
    ],
    [
      'an unknown store',
      { repository: 'octo-org/site', stores: ['pages'] },
      'must be actions, dependabot or codespaces'
    ],
    [
      'an environment without the store of Actions',
      { repository: 'octo-org/site', environment: 'production', stores: ['dependabot'] },
      'needs the store actions'
    ],
    [
      'an environment of an organization',
      { organization: 'octo-org', environments: ['production'] },
      'has an environment, which needs a repository'
    ]
  ])('are refused with %s', (_what, keys, message) => {
    expect(github(keys)).toEqual([expect.stringContaining(message)])
  })
})
