import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { BOOTSTRAP } from '../../sandbox/configurations.ts'
import { Stage, type RunOptions } from './stage.ts'

/** Each with what the person reads: where it is wrong, or what to do. */
const CASES: readonly (readonly [string, (stage: Stage) => RunOptions, readonly RegExp[]])[] = [
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
  [
    'a configuration file that is not there',
    () => ({ inputs: { config: 'nowhere.yml' } }),
    [/nowhere\.yml: there is no such file/]
  ],
  ['broken YAML', () => ({ inputs: { config: 'version: 1\nrotations: [' } }), [/not valid YAML/, /line 2/]],
  [
    'several things wrong at once',
    () => ({
      inputs: {
        config: BOOTSTRAP.replace('ttl: 24h', 'ttl: soon').replace('version: 1', 'version: 2\nextra: true')
      }
    }),
    [
      /version: must be 1/,
      /extra: is not a known key/,
      /rotations\[0\]\.credentials\[0\]\.ttl: must be a duration/
    ]
  ],
  [
    'a KV TTL under a minute',
    () => ({ inputs: { config: BOOTSTRAP.replace('type: kv', 'type: kv\n  ttl: 30s') } }),
    [/lock\.ttl: must be at least 60s/]
  ],
  [
    'a variable that is not set',
    (stage) => ({ env: { ...stage.environment(), PRIMARY_SECRET_EDIT_TOKEN: '' } }),
    [
      /rotations\[0\]\.credentials\[1\]\.secrets\.value\.primary: the environment variable PRIMARY_SECRET_EDIT_TOKEN is not set/
    ]
  ],
  [
    'no token for the secrets',
    () => ({ inputs: { 'github-secrets-token': '' } }),
    [/github-secrets-token: is not set/]
  ],
  [
    'a GitHub token that may not write secrets',
    (stage) => ({ inputs: { 'github-secrets-token': stage.account.githubToken.value } }),
    [/403/, /GitHub App token or a fine-grained personal access token/]
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
  ],
  [
    'an environment that does not exist',
    () => ({ inputs: { config: BOOTSTRAP.replace('environment: rotation', 'environment: nowhere') } }),
    [/environment nowhere/]
  ]
]

describe('the built action', () => {
  let stage: Stage
  let workspace: string
  beforeAll(async () => {
    stage = await Stage.open()
    workspace = mkdtempSync(join(tmpdir(), 'workspace-'))
  }, 60_000)
  afterEach(() => {
    stage.account.repository.issues.splice(0)
  })
  afterAll(async () => {
    rmSync(workspace, { recursive: true, force: true })
    await stage.close()
  })

  it.each(CASES)(
    'reports %s with its place and what to do, changes nothing and shows no stack',
    async (_name, options, messages) => {
      stage.sandbox.transcript.clear()
      const before = JSON.stringify([stage.slots(), stage.sandbox.cloudflare.tokens.existing.length])
      const { main, post } = await stage.run({ workspace, ...options(stage) })
      expect(main.exitCode).toBe(1)
      expect(main.outputs['outcome']).toBe('failed')
      for (const message of messages) expect(main.log).toMatch(message)
      expect(main.log).toMatch(/^error: /m)
      expect(main.log.match(/^error: /gm)).toHaveLength(1)
      expect(main.log).not.toMatch(/^\s+at /m)
      expect(post.exitCode).toBe(0)
      expect(JSON.stringify([stage.slots(), stage.sandbox.cloudflare.tokens.existing.length])).toBe(before)
      const writes = stage.sandbox.transcript.calls.filter(
        ({ method, applied, path }) => method !== 'GET' && applied && !/\/(issues|labels)\b/.test(path)
      )
      expect(writes).toEqual([])
      expect(stage.leaks()).toEqual([])
    },
    60_000
  )

  it('reads the configuration from a file of the workspace', async () => {
    writeFileSync(join(workspace, 'rotation.yml'), BOOTSTRAP)
    const { main } = await stage.run({ workspace, inputs: { config: 'rotation.yml' } })
    expect(main.outputs['outcome']).toBe('rotated')
  }, 60_000)
})
