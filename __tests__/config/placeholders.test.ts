import { describe, expect, it } from '@jest/globals'
import { ACCESS } from '../../sandbox/configurations.ts'
import { findMissingValues, parseConfiguration, readValues } from '../../src/compose/configuration.ts'
import { findPlaceholders } from '../../src/config/values.ts'
import { SecretRegistry } from '../../src/kernel/secret.ts'
import { changed } from './documents.ts'

const bootstrap = parseConfiguration(changed('version: 1', 'version: 1'), 'x')
const access = parseConfiguration(
  ACCESS.replace(
    'client-id: R2_EXPLORER_ACCESS_CLIENT_ID',
    'client-id: { primary: R2_EXPLORER_ACCESS_CLIENT_ID, secondary: SECONDARY_ID }'
  ).replace(
    'client-secret: R2_EXPLORER_ACCESS_CLIENT_SECRET',
    'client-secret: { primary: R2_EXPLORER_ACCESS_CLIENT_SECRET, secondary: SECONDARY_SECRET }'
  ),
  'x'
)
const LONG = 'fake-value-0123456789'
const REAL = {
  CLOUDFLARE_API_TOKEN: LONG,
  PRIMARY_TOKEN_CREATION_TOKEN: `${LONG}-a`,
  PRIMARY_SECRET_EDIT_TOKEN: `${LONG}-b`,
  R2_EXPLORER_ACCESS_CLIENT_ID: '0123456789abcdef0123456789abcdef.access',
  R2_EXPLORER_ACCESS_CLIENT_SECRET: `${LONG}-c`,
  R2_EXPLORER_BASE_URL: 'https://files.example.com'
}

function readWith(configuration: typeof bootstrap, env: Readonly<Record<string, string>>) {
  const masked: string[] = []
  const valueOf = (name: string): string | undefined => env[name]
  return {
    masked,
    values: readValues(configuration, valueOf, new SecretRegistry((value) => masked.push(value))),
    placeholders: findPlaceholders(configuration, valueOf),
    missing: findMissingValues(configuration, configuration.rotations, valueOf).map(
      ({ path, message }) => `${path}: ${message}`
    )
  }
}

describe('a value under 16 characters', () => {
  it.each(['1', 'e', 'back', 'x'.repeat(15), ' '.repeat(20)])(
    'in SECONDARY is taken for not set and never masked: %p',
    (value) => {
      const { masked, values, placeholders, missing } = readWith(bootstrap, {
        ...REAL,
        SECONDARY_TOKEN_CREATION_TOKEN: value
      })
      expect(values.has('SECONDARY_TOKEN_CREATION_TOKEN')).toBe(false)
      expect(masked).not.toContain(value)
      expect([...placeholders]).toEqual(['SECONDARY_TOKEN_CREATION_TOKEN'])
      expect(missing).toEqual([])
    }
  )

  it('in PRIMARY is an error with its path, which does not show it', () => {
    const { masked, missing } = readWith(bootstrap, { ...REAL, PRIMARY_SECRET_EDIT_TOKEN: 'dummy' })
    expect(missing.filter((line) => line.startsWith('rotations'))).toEqual([
      'rotations[0].credentials[1].secrets.value.primary: the environment variable PRIMARY_SECRET_EDIT_TOKEN ' +
        'holds 5 characters, which is a placeholder: no credential of Cloudflare has fewer than 16 (auth.secrets needs it too)'
    ])
    expect(missing.join()).not.toContain('dummy')
    expect(masked).not.toContain('dummy')
  })

  it('in a variable of auth is an error where there is no other token', () => {
    const { missing, masked } = readWith(bootstrap, { ...REAL, CLOUDFLARE_API_TOKEN: '1' })
    expect(missing).toEqual([
      expect.stringMatching(/^auth\.lock: the environment variable CLOUDFLARE_API_TOKEN holds 1 character, /)
    ])
    expect(masked).not.toContain('1')
  })

  it('is one in a client id too, which is public', () => {
    const env = { ...REAL, SECONDARY_ID: '1', SECONDARY_SECRET: '1' }
    const { values, placeholders, missing } = readWith(access, env)
    expect(values.has('SECONDARY_ID')).toBe(false)
    expect(values.has('SECONDARY_SECRET')).toBe(false)
    expect([...placeholders].sort()).toEqual(['SECONDARY_ID', 'SECONDARY_SECRET'])
    expect(missing).toEqual([])
    expect(readWith(access, { ...env, R2_EXPLORER_ACCESS_CLIENT_ID: '1' }).missing).toHaveLength(1)
  })

  it('is no placeholder at 16 characters', () => {
    const { values, masked } = readWith(bootstrap, {
      ...REAL,
      SECONDARY_TOKEN_CREATION_TOKEN: 'x'.repeat(16)
    })
    expect(values.has('SECONDARY_TOKEN_CREATION_TOKEN')).toBe(true)
    expect(masked).toContain('x'.repeat(16))
  })
})

describe('a value that no token has', () => {
  it.each([
    ['a line break', `${LONG}\n${LONG}`],
    ['a space', `${LONG} ${LONG}`],
    ['a control character', `${LONG}\u0000${LONG}`],
    ['a letter outside of ASCII', `${LONG}ü`]
  ])('is an error with its path: %s', (_what, value) => {
    const { missing } = readWith(bootstrap, {
      ...REAL,
      PRIMARY_SECRET_EDIT_TOKEN: value,
      CLOUDFLARE_API_TOKEN: value,
      SECONDARY_TOKEN_CREATION_TOKEN: value
    })
    expect(missing).toEqual([
      expect.stringMatching(/^rotations\[0\]\.credentials\[0\]\.secrets\.value\.secondary: .* has a /),
      expect.stringMatching(/^rotations\[0\]\.credentials\[1\]\.secrets\.value\.primary: .* has a /),
      expect.stringMatching(/^auth\.lock: .* has a /)
    ])
    expect(missing.join()).not.toContain(LONG)
  })

  it('may end in a line break, as a file does', () => {
    expect(readWith(bootstrap, { ...REAL, CLOUDFLARE_API_TOKEN: `${LONG}\n` }).missing).toEqual([])
  })
})

describe('the URL of a probe, once its variables are filled in', () => {
  const urlOf = (base: string): readonly string[] =>
    readWith(access, { ...REAL, R2_EXPLORER_BASE_URL: base }).missing

  it.each([
    'http://files.example.com',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://localhost@evil.example',
    'https://user:pass@files.example.com',
    'ftp://localhost',
    'file:///etc/passwd'
  ])('is refused with its path: %s', (base) => {
    const [finding, ...others] = urlOf(base)
    expect(others).toEqual([])
    expect(finding).toMatch(
      /^rotations\[0\]\.credentials\[0\]\.verify\[0\]\.http\.url: must .*, once \$R2_EXPLORER_BASE_URL is filled in$/
    )
    expect(finding).not.toContain(base)
  })

  it.each(['https://files.example.com', 'http://localhost:8787', 'http://127.0.0.1:1', 'http://[::1]:80'])(
    'is taken: %s',
    (base) => {
      expect(urlOf(base)).toEqual([])
    }
  )
})
