import { ACCESS, BOOTSTRAP } from './world.ts'

/** Replaces texts in a configuration, which must contain them. */
export function configurationWith(base: string, ...changes: readonly (readonly [string, string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the configuration has no ${from}`)
    return text.replaceAll(from, to)
  }, base)
}

/** Adds lines of `revoke` to `ACCESS` or another configuration. */
export function revoking(lines: Readonly<Record<string, string | boolean>>, base = ACCESS): string {
  const entries = Object.entries(lines).map(([key, value]) => `      ${key}: ${value}\n`)
  return `${base}    revoke:\n${entries.join('')}`
}

/** Access pair in two slots: SECONDARY keeps the previous one. */
export const TWO_SLOTS = configurationWith(
  ACCESS,
  [
    'client-id: R2_EXPLORER_ACCESS_CLIENT_ID',
    'client-id: { primary: PRIMARY_R2_EXPLORER_ACCESS_CLIENT_ID, secondary: SECONDARY_R2_EXPLORER_ACCESS_CLIENT_ID }'
  ],
  [
    'client-secret: R2_EXPLORER_ACCESS_CLIENT_SECRET',
    'client-secret: { primary: PRIMARY_R2_EXPLORER_ACCESS_CLIENT_SECRET, secondary: SECONDARY_R2_EXPLORER_ACCESS_CLIENT_SECRET }'
  ],
  ['          - run: r2 share worker create files documents/test.txt 1h --max-downloads 1\n', ''],
  ['          - run: r2 share worker list files documents/test.txt\n', '']
)

/** Access pair that gets a new secret in place, with the same client id. */
export const IN_PLACE = configurationWith(ACCESS, [
  'type: access-service-token\n',
  'type: access-service-token\n        strategy: rotate\n'
])

/** Account token in a single slot, at both destinations. */
export const SINGLE_TOKEN = `${BOOTSTRAP.slice(0, BOOTSTRAP.indexOf('rotations:'))}rotations:
  - name: single
    credentials:
      - name: secret-edit
        type: account-token
        ttl: 24h
        secrets:
          value: PRIMARY_SECRET_EDIT_TOKEN
        verify:
          - can: secrets
    destinations:
      - type: secrets-store
        store-id: 8f7a1cdced6342c18d223ece462fd88d
      - type: github-secret
        repository: octo-org/ops
        environment: rotation
`

const KV_LOCK = 'lock:\n  type: kv\n  namespace-id: 0f2ac74b498b48028cb68387c421e279\n'

/** Removes the lock from a configuration. */
export function withoutLock(base: string): string {
  return configurationWith(base, [KV_LOCK, 'lock:\n  type: none\n'])
}

/** Replaces the lock of a configuration by one with compare-and-set. */
export function withD1(base: string): string {
  return configurationWith(base, [
    KV_LOCK,
    'lock:\n  type: d1\n  database-id: 5e3b7c1a-92d4-4f60-8a1b-c7d9e0f24b68\n'
  ])
}
