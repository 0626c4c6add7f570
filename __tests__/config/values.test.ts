import { describe, expect, it } from '@jest/globals'
import { findMissingValues, parseConfiguration, readValues } from '../../src/compose/configuration.ts'
import { SecretRegistry } from '../../src/kernel/secret.ts'
import { changed } from './documents.ts'

const KV = '  type: kv\n  namespace-id: 0f2ac74b498b48028cb68387c421e279\n'
const LOCKS: Readonly<Record<string, string>> = {
  kv: KV,
  d1: '  type: d1\n  database-id: 5e3b7c1a-92d4-4f60-8a1b-c7d9e0f24b68\n',
  'durable-object': '  type: durable-object\n  url: https://locks.example.com\n',
  none: '  type: none\n'
}
const SLOTS = {
  PRIMARY_TOKEN_CREATION_TOKEN: 'fake-token-creation',
  PRIMARY_SECRET_EDIT_TOKEN: 'fake-secret-editing'
}

function missingWith(lock: string, env: Readonly<Record<string, string>>): readonly string[] {
  const configuration = parseConfiguration(changed(KV, LOCKS[lock]!), 'x')
  return findMissingValues(configuration, configuration.rotations, (name) => env[name]).map(
    ({ path, message }) => `${path}: ${/variable (\w+)/.exec(message)?.[1]}`
  )
}

describe('the values that a lock needs', () => {
  it.each([
    ['kv', ['auth.lock: CLOUDFLARE_API_TOKEN']],
    ['d1', ['auth.lock: CLOUDFLARE_API_TOKEN']],
    ['durable-object', ['lock.token: ROTATE_COORDINATOR_TOKEN']],
    ['none', []]
  ])('are reported for %s when they are missing', (lock, missing) => {
    expect(missingWith(lock, SLOTS)).toEqual(missing)
    const all = {
      ...SLOTS,
      CLOUDFLARE_API_TOKEN: 'fake-cloudflare-token',
      ROTATE_COORDINATOR_TOKEN: 'fake-d'
    }
    expect(missingWith(lock, all)).toEqual([])
    expect(missingWith(lock, { ...SLOTS, CLOUDFLARE_API_TOKEN: '', ROTATE_COORDINATOR_TOKEN: '' })).toEqual(
      missing
    )
  })

  it('are read and masked', () => {
    const masked: string[] = []
    const configuration = parseConfiguration(
      changed(KV, `${LOCKS['durable-object']!}  token: LOCK_TOKEN\n`),
      'x'
    )
    const env: Record<string, string> = {
      LOCK_TOKEN: 'fake-coordinator-token',
      ROTATE_COORDINATOR_TOKEN: 'not-read'
    }
    const values = readValues(
      configuration,
      (name) => env[name],
      new SecretRegistry((value) => masked.push(value))
    )
    expect(values.get('LOCK_TOKEN')?.reveal()).toBe('fake-coordinator-token')
    expect(values.has('ROTATE_COORDINATOR_TOKEN')).toBe(false)
    expect(masked).toContain('fake-coordinator-token')
  })
})
