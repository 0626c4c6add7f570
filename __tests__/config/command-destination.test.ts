import { describe, expect, it } from '@jest/globals'
import { configure, type Keys } from '../../simulation/configurations.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { findMissingValues, parseConfiguration, readValues } from '../../src/compose/configuration.ts'
import { kinds } from '../../src/compose/kinds.ts'
import { variablesOfConfiguration } from '../../src/config/values.ts'
import { SecretRegistry } from '../../src/kernel/secret.ts'
import { findingsIn } from './documents.ts'

const VAULT = {
  type: 'command',
  label: 'Vault',
  write: './put.sh',
  env: { VAULT_TOKEN: '${OPS_VAULT_TOKEN}' }
}

function withDestinations(...after: readonly Keys[]): string {
  return configure(BOOTSTRAP, { moreDestinations: { after } })
}

describe('a destination of type command', () => {
  it.each([
    ['no label', { label: undefined }, /^rotations\[0\]\.destinations\[2\]\.label: .*missing/],
    ['a blank label', { label: ' ' }, /\.label: must be a label of 1 to 60 characters/],
    ['a label of two lines', { label: 'a\nb' }, /\.label: must be a label of 1 to 60 characters on one line/],
    ['a label of 61 characters', { label: 'a'.repeat(61) }, /\.label: must be a label/],
    ['no write', { write: undefined }, /\.write: .*missing/],
    ['a blank confirm', { confirm: '' }, /\.confirm: must be a command line/],
    [
      'a variable with a hyphen',
      { env: { 'A-B': 'x' } },
      /\.env.*must be the name of an environment variable/
    ],
    ['an unknown key', { timeout: '5m' }, /\.timeout: is not a known key/]
  ])('is refused with %s', (_what, change, message) => {
    const [first, ...others] = findingsIn(withDestinations({ ...VAULT, ...change }))
    expect(first).toMatch(message)
    expect(others).toEqual([])
  })

  it('is refused with the label of another one', () => {
    const names = { PRIMARY_SECRET_EDIT_TOKEN: 'ANOTHER', ...nulls() }
    expect(findingsIn(withDestinations(VAULT, { ...VAULT, names }))).toEqual([
      'rotations[0].destinations[3].label: "Vault" is used already by rotations[0].destinations[2].label'
    ])
  })

  it('reports a variable in its texts that is not set, reads it and masks it', () => {
    const configuration = parseConfiguration(withDestinations(VAULT), 'x')
    const env: Record<string, string> = {
      CLOUDFLARE_API_TOKEN: 'fake-cloudflare-token',
      PRIMARY_TOKEN_CREATION_TOKEN: 'fake-token-creation',
      PRIMARY_SECRET_EDIT_TOKEN: 'fake-secret-editing'
    }
    const missing = findMissingValues(configuration, configuration.rotations, (name) => env[name])
    expect(missing.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      expect.stringMatching(
        /^rotations\[0\]\.destinations\[2\]\.env: the environment variable OPS_VAULT_TOKEN is not set/
      )
    ])
    expect(variablesOfConfiguration(configuration, kinds)).toContain('OPS_VAULT_TOKEN')
    const masked: string[] = []
    env['OPS_VAULT_TOKEN'] = 'token-of-the-vault-0123456789'
    readValues(configuration, (name) => env[name], new SecretRegistry((value) => masked.push(value)))
    expect(masked).toContain('token-of-the-vault-0123456789')
  })
})

/** Names that are not written. */
function nulls(): Record<string, null> {
  const names = [
    'PRIMARY_TOKEN_CREATION_TOKEN',
    'SECONDARY_TOKEN_CREATION_TOKEN',
    'SECONDARY_SECRET_EDIT_TOKEN'
  ]
  return Object.fromEntries(names.map((name) => [name, null]))
}
