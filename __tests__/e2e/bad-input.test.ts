import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { BOOTSTRAP } from '../../sandbox/configurations.ts'
import { testBadInputs } from './bad-input.ts'
import { Stage } from './stage.ts'

testBadInputs([
  [
    'a configuration file that is not there',
    () => ({ inputs: { config: 'nowhere.yml' } }),
    [/nowhere\.yml: there is no such file/]
  ],
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
    'a variable that is not set',
    (stage) => ({ env: { ...stage.environment(), PRIMARY_SECRET_EDIT_TOKEN: '' } }),
    [
      /rotations\[0\]\.credentials\[1\]\.secrets\.value\.primary: the environment variable PRIMARY_SECRET_EDIT_TOKEN is not set/
    ]
  ],
  [
    'a GitHub token that may not write secrets',
    (stage) => ({ inputs: { 'github-secrets-token': stage.account.githubToken.value } }),
    [/403/, /GitHub App token or a fine-grained personal access token/]
  ],
  [
    'an environment that does not exist',
    () => ({ inputs: { config: BOOTSTRAP.replace('environment: rotation', 'environment: nowhere') } }),
    [/environment nowhere/]
  ]
])

it('reads the configuration from a file of the workspace', async () => {
  const stage = await Stage.open()
  const workspace = mkdtempSync(join(tmpdir(), 'workspace-'))
  try {
    writeFileSync(join(workspace, 'rotation.yml'), BOOTSTRAP)
    const { main } = await stage.run({ workspace, inputs: { config: 'rotation.yml' } })
    expect(main.outputs['outcome']).toBe('rotated')
  } finally {
    rmSync(workspace, { recursive: true, force: true })
    await stage.close()
  }
}, 60_000)
