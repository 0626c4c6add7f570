import { describe, expect, it } from '@jest/globals'
import { parseArguments } from '../../src/cli/arguments.ts'
import { HELP } from '../../src/cli/help.ts'
import { COMMANDS } from '../../src/session/command.ts'

function run(line: string) {
  const asked = parseArguments(line.split(' '))
  if (asked.ask !== 'rotations') throw new Error(asked.ask)
  return asked.run
}

describe('parseArguments', () => {
  it('takes --only several times, and with commas or lines', () => {
    expect(run('rotate --only a,b --only c\nd').only).toEqual(['a', 'b', 'c', 'd'])
  })

  it('reads every option', () => {
    expect(
      run(
        'plan --config c.yml --force --json --env-file e --without github --repository a/b --workflow w.yml --reason why'
      )
    ).toEqual({
      command: 'plan',
      config: 'c.yml',
      only: [],
      force: true,
      reason: 'why',
      json: true,
      envFile: 'e',
      withoutGithub: true,
      repository: 'a/b',
      workflow: 'w.yml',
      cloudflareApiUrl: 'https://api.cloudflare.com/client/v4'
    })
  })

  it.each([
    ['rotat', /the command must be one of .*not "rotat"/],
    ['--force', /the command must be one of .*not missing/],
    ['plan rotate', /one argument too many: "rotate"/],
    ['plan --without cloudflare', /--without: must be github/],
    ['plan --repository https://github.com/a/b', /--repository: must be owner\/name/],
    ['plan --workflow .github/workflows/rotate.yml', /--workflow: must be the name of a file/],
    ['plan --cloudflare-api-url http://example.com', /--cloudflare-api-url: must begin with https/],
    ['plan --nonsense', /--nonsense: there is no such option/],
    ['plan --config', /--config: .*value is missing/],
    ['plan --force=yes', /--force: .*not expected/],
    ['rotate --reason Exposure', /`rotate-action contain`/]
  ])('refuses %s', (line, message) => {
    expect(() => parseArguments(line.split(' '))).toThrow(message)
  })

  it('repeats nothing that may be a value', () => {
    const value = 'v1.0-3f2a9c4d5e6f708192a3b4c5d6e7f809'
    for (const line of [
      `${value}`,
      `plan ${value}`,
      `plan --without ${value}`,
      `plan --${value}`,
      `plan -x${value}`
    ])
      expect(() => parseArguments(line.split(' '))).not.toThrow(new RegExp(value.slice(6)))
  })

  it('shows the help without arguments, and the version', () => {
    expect(parseArguments([])).toEqual({ ask: 'help' })
    expect(parseArguments(['check', '-h'])).toEqual({ ask: 'help' })
    expect(parseArguments(['-v'])).toEqual({ ask: 'version' })
    expect(parseArguments(['init', '--dry-run'])).toEqual({ ask: 'init', rest: ['--dry-run'] })
  })

  it('describes every command and option in the help', () => {
    for (const command of COMMANDS) expect(HELP).toMatch(new RegExp(`^  ${command} `, 'm'))
    for (const option of [
      'config',
      'only',
      'force',
      'reason',
      'json',
      'env-file',
      'without',
      'repository',
      'workflow'
    ])
      expect(HELP).toMatch(new RegExp(`^  --${option}\\b`, 'm'))
  })
})
