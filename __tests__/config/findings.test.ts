import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { isOfKind } from '../../simulation/is-of-kind.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { loadConfiguration, parseConfiguration } from '../../src/compose/configuration.ts'
import { accountTokenKind } from '../../src/credentials/account-token-kind.ts'
import { changed, findingsIn, RIGHT, WRONG } from './documents.ts'

describe('a configuration', () => {
  it.each(RIGHT)('with %s is taken', (_what, yaml) => {
    expect(findingsIn(yaml)).toEqual([])
  })

  it.each(WRONG)('with %s is refused, with the path', (_what, yaml, finding) => {
    expect(findingsIn(yaml).join('\n')).toMatch(new RegExp(finding, 'm'))
  })

  it('is told everything that is wrong with it at once', () => {
    const yaml = changed('version: 1', 'version: 3')
      .replace('ttl: 24h', 'ttl: soon')
      .replace('type: secrets-store', 'type: vault')
      .replace('name: secret-edit', 'name: Secret Edit')
    const paths = findingsIn(yaml).map((finding) => finding.split(': ')[0])
    expect(paths.sort()).toEqual([
      'rotations[0].credentials[0].ttl',
      'rotations[0].credentials[1].name',
      'rotations[0].destinations[0].type',
      'version'
    ])
  })

  it('is told of names that do not fit together even where other things are wrong', () => {
    const second = `  - name: bootstrap
    credentials:
      - { name: a, type: account-token, ttl: 5d, secrets: { value: PRIMARY_SECRET_EDIT_TOKEN } }
    destinations: [{ type: github-secret, repository: octo-org/ops, names: { NOPE: X } }]
  - credentials: soon
  - credentials: later
`
    const yaml = changed('version: 1', 'version: 1\nextra: 1').replace('ttl: 24h', 'ttl: soon') + second
    expect([...findingsIn(yaml)].sort()).toEqual([
      'extra: is not a known key',
      'rotations[0].credentials[0].ttl: must be a duration such as 90s, 5m, 2h or 30d',
      'rotations[1].credentials[0].secrets.value: "PRIMARY_SECRET_EDIT_TOKEN" is used already by rotations[0].credentials[1].secrets.value.primary',
      "rotations[1].destinations[0].names.NOPE: is not a secret name of this rotation's credentials: PRIMARY_SECRET_EDIT_TOKEN",
      'rotations[1].name: "bootstrap" is used already by rotations[0].name',
      'rotations[2].credentials: must be a list of credentials',
      'rotations[2].destinations: is missing',
      'rotations[2].name: is missing',
      'rotations[3].credentials: must be a list of credentials',
      'rotations[3].destinations: is missing',
      'rotations[3].name: is missing'
    ])
  })

  it.each(['', '[]', 'rotations: 7\nwatch: x', 'rotations: [1, null, { credentials: [null] }]'])(
    'is refused when it is %j',
    (yaml) => expect(findingsIn(yaml).length).toBeGreaterThan(0)
  )

  it('names nothing twice', () => {
    const twice = BOOTSTRAP + BOOTSTRAP.slice(BOOTSTRAP.indexOf('  - name: bootstrap'))
    const findings = findingsIn(twice)
    expect(findings).toContain('rotations[1].name: "bootstrap" is used already by rotations[0].name')
    expect(findings).toContain(
      'rotations[1].credentials[0].secrets.value.primary: "PRIMARY_TOKEN_CREATION_TOKEN" is used already by rotations[0].credentials[0].secrets.value.primary'
    )
    expect(findingsIn(changed('name: secret-edit', 'name: token-creation'))).toEqual([
      'rotations[0].credentials[1].name: "token-creation" is used already by rotations[0].credentials[0].name'
    ])
    expect(
      findingsIn(changed('secondary: SECONDARY_SECRET_EDIT_TOKEN', 'secondary: PRIMARY_SECRET_EDIT_TOKEN'))
    ).toHaveLength(1)
  })

  it('may have 500 credentials, and not one more', () => {
    const credentials = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        name: `c${index}`,
        type: 'account-token',
        ttl: '1d',
        secrets: { value: `TOKEN_${index}` }
      }))
    const yaml = (...counts: number[]) =>
      JSON.stringify({
        version: 1,
        'account-id': '023e105f4ecef8ad9ca31a8372d0c353',
        lock: { type: 'none' },
        rotations: counts.map((count, index) => ({
          name: `r${index}`,
          credentials: credentials(count).map((one, at) => ({
            ...one,
            secrets: { value: `TOKEN_${index}_${at}` }
          })),
          destinations: [{ type: 'github-secret', organization: 'octo-org' }]
        }))
      })
    expect(findingsIn(yaml(500))).toEqual([])
    expect(findingsIn(yaml(501)).join()).toContain('rotations[0].credentials: must hold at most 500')
    expect(findingsIn(yaml(300, 201)).join()).toContain('rotations: hold 501 credentials')
  })

  it('keeps its durations as milliseconds and fills in what was left out', () => {
    const { rotations, auth, lock, alert } = parseConfiguration(changed('ttl: 24h', 'ttl: 900s'), 'x')
    expect(rotations[0]!.credentials.map((one) => isOfKind(accountTokenKind, one) && one.ttl)).toEqual([
      900_000, 86_400_000
    ])
    expect(rotations[0]!.revoke).toEqual({ 'in-use': 'keep' })
    expect(auth.lock).toBe('CLOUDFLARE_API_TOKEN')
    expect(lock.ttl).toBe(300_000)
    expect(alert).toEqual([{ type: 'issue', labels: ['credential-rotation'] }])
  })
})

describe('YAML', () => {
  it.each([
    ['that is broken', 'version: 1\n  account-id: [\n', /line \d+, column \d+: not valid YAML/],
    ['with a key twice', 'version: 1\nversion: 1\n', /line 2, column 1: not valid YAML: .*unique/],
    ['with an unknown tag', 'version: !!js/function "x"\n', /not valid YAML/],
    ['with tabs', 'lock:\n\ttype: kv\n', /not valid YAML/],
    [
      'of two documents',
      'version: 1\n---\nversion: 1\n',
      /line 2, column 1: is a second YAML document: .* has one/
    ],
    ['with an alias to nothing', 'version: *nothing\n', /not valid YAML/]
  ])('%s is refused with the place', (_what, yaml, message) => {
    expect(findingsIn(yaml).join('\n')).toMatch(message)
  })

  it('that multiplies itself by aliases is refused at once', () => {
    const bomb = [
      'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
      ...Array.from(
        { length: 12 },
        (_, index) => `a${index + 1}: &a${index + 1} [${Array(10).fill(`*a${index}`).join(',')}]`
      )
    ].join('\n')
    expect(findingsIn(bomb).join()).toMatch(/not valid YAML: .*alias/i)
  })

  it.each(['__proto__', 'constructor', 'toString'])(
    'with the key %s changes no object, and the key is refused',
    (key) => {
      const findings = findingsIn(`${BOOTSTRAP}${key}: { polluted: true }\n`)
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
      expect(findings.join()).toContain(`${key}: is not a known key`)
    }
  )
})

describe('the file', () => {
  const workspace = mkdtempSync(join(tmpdir(), 'config-'))
  afterAll(() => rmSync(workspace, { recursive: true }))

  it('is read relative to the workspace', async () => {
    writeFileSync(join(workspace, 'rotation.yml'), BOOTSTRAP)
    expect(await loadConfiguration({ config: 'rotation.yml', workspace })).toEqual(
      parseConfiguration(BOOTSTRAP, 'x')
    )
  })

  it('may be the YAML itself', async () => {
    expect(await loadConfiguration({ config: BOOTSTRAP, workspace })).toEqual(
      parseConfiguration(BOOTSTRAP, 'x')
    )
  })

  it('that is not there, or is a directory, says so and what to do', async () => {
    await expect(loadConfiguration({ config: 'none.yml', workspace })).rejects.toMatchObject({
      code: 'bad-configuration',
      message: expect.stringMatching(/^none\.yml: /) as unknown,
      hint: expect.stringContaining('Check out the repository') as unknown
    })
    await expect(loadConfiguration({ config: '.', workspace })).rejects.toMatchObject({
      message: expect.stringMatching(/^\.: /) as unknown
    })
  })

  it.each(['/dev/zero', '/dev/stdin', 'pipe.yml'])(
    'that is no regular file is not read: %s',
    async (config) => {
      if (config === 'pipe.yml') execFileSync('mkfifo', [join(workspace, config)])
      await expect(loadConfiguration({ config, workspace })).rejects.toMatchObject({
        code: 'bad-configuration',
        message: expect.stringMatching(/: it is not a regular file\.$/) as unknown
      })
    }
  )

  it.each(['file', 'inline'])('of more than 256 KiB is refused (%s)', async (how) => {
    const large = `${BOOTSTRAP}# ${'x'.repeat(256 * 1024)}\n`
    writeFileSync(join(workspace, 'large.yml'), large)
    await expect(
      loadConfiguration({ config: how === 'file' ? 'large.yml' : large, workspace })
    ).rejects.toMatchObject({
      code: 'bad-configuration',
      message: expect.stringContaining('larger than 256 KiB') as unknown
    })
  })
})
