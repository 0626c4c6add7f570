import { describe, expect, it } from '@jest/globals'
import { findRepository, parseRemote } from '../../src/cli/repository.ts'
import type { ReadOutput } from '../../src/cli/read-output.ts'

/** A git with these remotes. */
function git(remotes: Readonly<Record<string, string>>): ReadOutput {
  return (_program, [, ...rest]) => (rest.length === 0 ? Object.keys(remotes).join('\n') : remotes[rest[1]!])
}

describe('findRepository', () => {
  it.each([
    ['https://github.com/octo-org/ops.git', 'octo-org/ops', 'https://github.com'],
    ['https://x:y@github.com/octo-org/ops', 'octo-org/ops', 'https://github.com'],
    ['git@github.com:octo-org/ops.git', 'octo-org/ops', 'https://github.com'],
    ['ssh://git@ssh.github.com:443/octo-org/ops.git', 'octo-org/ops', 'https://github.com'],
    ['ssh://git@ghe.example.com/octo-org/my.ops', 'octo-org/my.ops', 'https://ghe.example.com'],
    ['https://github.com/octo-org/ops/', 'octo-org/ops', 'https://github.com']
  ])('reads %s', (url, repository, serverUrl) => {
    expect(parseRemote(url)).toEqual({ repository, serverUrl })
  })

  it.each(['/srv/git/ops.git', 'https://github.com/ops', '', 'nonsense'])('does not read %j', (url) => {
    expect(parseRemote(url)).toBeUndefined()
  })

  it('takes the named one, then that of the environment, then that of origin or of the only remote', () => {
    const readOutput = git({ upstream: 'git@github.com:u/ops.git', origin: 'git@github.com:o/ops.git' })
    const env = { GITHUB_REPOSITORY: 'e/ops' }
    const of = (named: string | undefined, given: NodeJS.ProcessEnv, remotes = readOutput) =>
      findRepository(named, { env: given, readOutput: remotes }).repository
    expect(of('n/ops', env)).toBe('n/ops')
    expect(of(undefined, env)).toBe('e/ops')
    expect(of(undefined, {})).toBe('o/ops')
    expect(of(undefined, {}, git({ fork: 'git@github.com:f/ops.git' }))).toBe('f/ops')
    expect(() =>
      of(undefined, {}, git({ a: 'git@github.com:a/x.git', b: 'git@github.com:b/x.git' }))
    ).toThrow('The repository is not known')
  })

  it.each(['nonsense', 'ftp://github.com', 'https://', 'https://github.com/octo-org/ops'])(
    'refuses the server %j, and says which variable to set',
    (url) => {
      const find = () =>
        findRepository('o/ops', { env: { GITHUB_SERVER_URL: url }, readOutput: () => undefined })
      expect(find).toThrow('GITHUB_SERVER_URL is not the URL of a server.')
    }
  )

  it('takes a server with a slash at the end', () => {
    const env = { GITHUB_SERVER_URL: 'https://github.com/' }
    expect(findRepository('o/ops', { env, readOutput: () => undefined })).toMatchObject({
      serverUrl: 'https://github.com',
      apiUrl: 'https://api.github.com'
    })
  })

  it('finds the API of GitHub Enterprise Server', () => {
    const readOutput = git({ origin: 'https://ghe.example.com/o/ops.git' })
    expect(findRepository(undefined, { env: {}, readOutput })).toEqual({
      repository: 'o/ops',
      serverUrl: 'https://ghe.example.com',
      apiUrl: 'https://ghe.example.com/api/v3'
    })
  })
})
