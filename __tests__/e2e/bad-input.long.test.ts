import { BOOTSTRAP } from '../../sandbox/configurations.ts'
import { testBadInputs } from './bad-input.ts'

testBadInputs([
  [
    'an unknown command',
    () => ({ inputs: { command: 'rotat' } }),
    [/command: must be one of rotate, plan, check, rollback/]
  ],
  [
    'an unknown rotation',
    () => ({ inputs: { only: 'bootstrap, nothing' } }),
    [/no rotation named nothing/, /There are: bootstrap/]
  ],
  ['force that is no boolean', () => ({ inputs: { force: 'maybe' } }), [/force: must be true or false/]],
  [
    'an API URL that is not https',
    () => ({ inputs: { 'cloudflare-api-url': 'http://api.example.com' } }),
    [/cloudflare-api-url: must begin with https/]
  ],
  ['broken YAML', () => ({ inputs: { config: 'version: 1\nrotations: [' } }), [/not valid YAML/, /line 2/]],
  [
    'a KV TTL under a minute',
    () => ({ inputs: { config: BOOTSTRAP.replace('type: kv', 'type: kv\n  ttl: 30s') } }),
    [/lock\.ttl: must be at least 60s/]
  ],
  [
    'no token for the secrets',
    () => ({ inputs: { 'github-secrets-token': '' } }),
    [/github-secrets-token: is not set/]
  ],
  [
    'a store that does not exist',
    () => ({ inputs: { config: BOOTSTRAP.replace('8f7a1cdced6342c18d223ece462fd88d', 'f'.repeat(32)) } }),
    [/404/, /Check destinations\[\]\.store-id/]
  ],
  [
    'a namespace that does not exist',
    () => ({ inputs: { config: BOOTSTRAP.replace('0f2ac74b498b48028cb68387c421e279', 'f'.repeat(32)) } }),
    [/The lock could not be read/]
  ]
])
