import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { InitStage } from './init-stage.ts'

let stage: InitStage
afterEach(async () => {
  expect(stage.leaks()).toEqual([])
  await stage.close()
})

/** Calls that changed something, since a place in the transcript. */
function changesSince(start: number): readonly string[] {
  return stage.sandbox.transcript
    .since(start)
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`)
    .filter((call) => !call.endsWith('/access_tokens'))
}

describe('rotate-action init, refused', () => {
  it('names each permission that does not exist, before anything is made', async () => {
    stage = await InitStage.open()
    const { exitCode, stderr } = await stage.init([
      ...['--rotate', 'deploy', '--deploy-permissions', 'Worker Scripts Write; D1 Write; D1 Writ'],
      ...stage.appArguments
    ])
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr:
        'error: There is no permission group "Worker Scripts Write", "D1 Writ" for accounts.\nUse a name as Cloudflare lists it, e.g. Workers Scripts Write.\n'
    })
    expect(changesSince(0)).toEqual([])
  }, 60_000)

  it('needs a permission for the deploy token', async () => {
    stage = await InitStage.open()
    const { exitCode, stderr } = await stage.init(['--deploy-permissions', ' ; '])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--deploy-permissions: must name a permission group')
  }, 60_000)

  it.each(['.github/rotation.yml', '.github/workflows/rotate.yml'])(
    'finds an edited %s before anything is made',
    async (path) => {
      stage = await InitStage.open()
      const args = ['--rotate', 'deploy,bootstrap', ...stage.appArguments]
      expect(await stage.init(args)).toMatchObject({ exitCode: 0 })
      const { secrets } = stage
      appendFileSync(join(stage.directory, path), '# ours\n')
      const start = stage.sandbox.transcript.length
      const { exitCode, stderr } = await stage.init(args)
      expect({ exitCode, stderr }).toEqual({
        exitCode: 2,
        stderr: `error: ${path} exists and differs from what init would write. Nothing was changed.\nMove away what you want to keep, or replace it with --overwrite.\n`
      })
      expect(changesSince(start)).toEqual([])
      expect(stage.secrets).toEqual(secrets)
    },
    60_000
  )

  it('lists what it made before an error, and ends with 1 whatever the error', async () => {
    stage = await InitStage.open()
    stage.sandbox.faults.add({
      match: { api: 'cloudflare', method: 'POST', path: /\/tokens$/, nth: 2 },
      when: 'before',
      answer: { refusal: { status: 400, code: 1001, message: 'no' } }
    })
    const args = ['--rotate', 'deploy', ...stage.appArguments]
    const { exitCode, stderr } = await stage.init(args)
    expect(exitCode).toBe(1)
    expect(stderr.split('\n').slice(-3)).toEqual([
      expect.stringMatching(/^error: .* with 400: 1001 no\.$/),
      'Failed at the token PRIMARY_DEPLOY_TOKEN. There now, and kept: the KV namespace rotation-locks, the environment rotation, the environment production, the secret ROTATION_APP_PRIVATE_KEY, the token CLOUDFLARE_API_TOKEN. Run the command again to go on: it finds what it made.',
      ''
    ])
    expect(await stage.init(args)).toMatchObject({ exitCode: 0 })
  }, 60_000)
})
